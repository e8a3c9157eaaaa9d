import { expect, test } from "vitest";
import { contextReaders, type ReaderOptions } from "../../../lib/context/context-readers.ts";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { planSteps } from "../../../lib/dockerfile/plan.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import { step } from "../build/sample-steps.ts";

const plain: ReaderOptions = {
  buildArgs: {},
  target: null,
  argsFirst: true,
  finalStart: { env: new Map(), workdir: "" },
};

function readers(text: string, more: Partial<ReaderOptions> = {}): string[] {
  const options = { ...plain, ...more };
  const dockerfile = parseDockerfile(text);
  const { buildArgs, target } = options;
  const steps = planSteps(resolveStages(dockerfile, { buildArgs, target })).map(planned =>
    step(planned.number, planned.text, { stage: planned.stage, line: planned.line, instruction: planned.instruction }),
  );
  return contextReaders(dockerfile, steps, options).map(
    ({ step: of, kind, sources, destination, unknownVariables }) =>
      `${of.number} ${kind} ${sources.join(" ")} → ${destination}${unknownVariables.map(name => ` ?${name}`).join("")}`,
  );
}

test("COPY and ADD of the context, not those from stages, addresses and heredocs", () => {
  const text = `FROM scratch AS one
COPY a b/ /dir/
COPY --from=busybox /x /y
ADD https://example.org/file /file
ADD https://example.org/file local.tgz /mixed/
COPY ["with space", "/json"]
COPY <<EOF note /here/
text
EOF
`;
  expect(readers(text)).toEqual([
    "2 COPY a b/ → /dir/",
    "5 ADD local.tgz → /mixed/",
    "6 COPY with space → /json",
    "7 COPY note → /here/",
  ]);
});

test("relative destinations stand below the WORKDIR, that of the stage below, of the base, or the root", () => {
  const text = `FROM scratch AS one
COPY a b
WORKDIR /work
WORKDIR sub
COPY a .
COPY a ./x/
FROM one
COPY a up
`;
  expect(readers(text)).toEqual([
    "2 COPY a → /b",
    "5 COPY a → /work/sub/",
    "6 COPY a → /work/sub/x/",
    "8 COPY a → /work/sub/up",
  ]);
  const based = { finalStart: { env: new Map([["HOME", "/root"]]), workdir: "/app" } };
  expect(readers("FROM node\nCOPY a .\nCOPY b $HOME/b\n", based)).toEqual(["2 COPY a → /app/", "3 COPY b → /root/b"]);
});

test("variables: ARG with its default, a build argument, one from before FROM, ENV, and one that nobody knows", () => {
  const text = `ARG TOP=top
FROM scratch
ARG TOP
ARG NAME=default
ENV DIR=/env/$NAME
COPY $TOP $NAME \${DIR}/
ENV NAME=env
COPY $NAME $NOBODY /
`;
  expect(readers(text)).toEqual(["5 COPY top default → /env/default/", "7 COPY default . → / ?NOBODY"]);
  expect(readers(text, { buildArgs: { NAME: "given" }, argsFirst: false })).toEqual([
    "5 COPY top given → /env/given/",
    "7 COPY env . → / ?NOBODY",
  ]);
});

test("bind mounts of the context; caches, secrets and other stages are none", () => {
  const text = `FROM scratch AS a
RUN --mount=target=/x true
RUN --mount=type=bind,source=src/$X,target=/x --mount=type=cache,target=/c true
RUN --mount=type=bind,from=a,source=/q,target=/x --mount=type=secret,id=s true
`;
  expect(readers(text)).toEqual(["2 mount / → null", "3 mount src → null ?X"]);
});

test("stages that the target does not need took nothing; what ONBUILD added did", () => {
  const text = `FROM scratch AS base
ONBUILD COPY triggered /t
FROM scratch AS other
COPY x /x
FROM base
COPY y /y
`;
  expect(readers(text)).toEqual(["6 COPY y → /y"]);
  expect(readers(text, { target: "other" })).toEqual(["4 COPY x → /x"]);
  const dockerfile = parseDockerfile(text);
  const trigger = step(6, "COPY triggered /t", { stage: { index: 2, name: "" }, line: null, instruction: "COPY" });
  expect(contextReaders(dockerfile, [trigger], plain)).toMatchObject([{ kind: "COPY", sources: ["triggered"] }]);
});
