import { describe, expect, test } from "vitest";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import { assignments, expectedStages, type ResolveCase } from "./fixtures.ts";
import { labErrorOf } from "./thrown-by.ts";

function resolve(text: string, target: string | null = null, buildArgs: Readonly<Record<string, string>> = {}) {
  return resolveStages(parseDockerfile(text), { target, buildArgs });
}

function resolveCase({ text, target, buildArgs }: ResolveCase) {
  return resolve(text, target === "" ? null : target, Object.fromEntries(assignments(buildArgs)));
}

const resolved = expectedStages.filter(row => row.error === null);
const refused = expectedStages.filter(row => row.error !== null);

describe("needs the stages that Kaniko builds:", () => {
  test.each(resolved)("$name", row => {
    const needed = resolveCase(row).stages.filter(stage => stage.needed);
    const shown = needed.map(({ stage, baseName, base, triggers, sources }) => ({
      index: stage.index,
      base: baseName,
      baseIndex: base.kind === "stage" ? base.index : -1,
      commands: [...triggers, ...stage.instructions].map(instruction => instruction.text),
      copyFrom: sources.map(source => String(source.stage ?? source.image)),
    }));
    expect(shown).toEqual(row.stages);
  });
});

/** What is told instead of the line's number, where more is known. */
const hints: Readonly<Record<string, string>> = {
  "no such target": "choose one of its stages: build (line 1), other (line 3), 2 (line 4)",
  "no such stage number": "COPY --from takes a stage that comes before, by name or by number from 0, or an image",
  "a broken trigger": "correct the ONBUILD instruction of the base",
};

describe("refuses what Kaniko refuses:", () => {
  test.each(refused)("$name: $error", row => {
    const error = labErrorOf(() => resolveCase(row));
    expect(error.code).toBe(row.target === "nope" ? "unknown-stage" : "dockerfile-syntax");
    expect(error.hint).toBe(hints[row.name] ?? "correct line 1 of the Dockerfile");
  });
});

const three = "FROM img AS one\nFROM img\nFROM img AS Two\nFROM scratch\n";

describe("the target", () => {
  test("is named for Kaniko's flag in the Dockerfile's words", () => {
    expect(resolve(three, "TWO")).toMatchObject({ target: 2, targetFlag: "two" });
    expect(resolve(three)).toMatchObject({ target: 3, targetFlag: null });
  });

  test("can be a number; Kaniko is given the name", () => {
    expect(resolve(three, "0")).toMatchObject({ target: 0, targetFlag: "one" });
    expect(resolve(three, "3")).toMatchObject({ target: 3, targetFlag: null });
  });

  test("cannot be a stage without a name in the middle", () => {
    const error = labErrorOf(() => resolve(three, "1"));
    expect(error).toMatchObject({ code: "unknown-stage", message: "stage 1 (line 2) has no name of its own" });
    expect(error.hint).toContain('"AS name" to line 2');
  });

  test.each(["nope", "4", "-1"])("%s: the stages there are get listed", target => {
    const error = labErrorOf(() => resolve(three, target));
    expect(error).toMatchObject({ code: "unknown-stage", exitStatus: 2 });
    expect(error.hint).toContain("one (line 1), 1 (line 2), two (line 3), 3 (line 4)");
  });
});

describe("sources", () => {
  const text = [
    "FROM img AS tool",
    "FROM img AS data",
    "FROM img AS unused",
    "COPY --from=other:2 x y",
    "FROM scratch",
    "COPY --from=TOOL a b",
    "RUN --mount=from=data,target=/d --mount=type=cache,from=reg/cache:1,target=/c --mount=type=tmpfs,target=/t x",
    "COPY --from=reg/files a b",
  ].join("\n");

  test("of COPY and of mounts, stages and images", () => {
    const { stages, sourceImages } = resolve(text);
    expect(stages[3]?.sources.map(({ via, line, from, stage, image }) => [via, line, from, stage, image])).toEqual([
      ["COPY", 6, "TOOL", 0, null],
      ["MOUNT", 7, "data", 1, null],
      ["MOUNT", 7, "reg/cache:1", null, "reg/cache:1"],
      ["COPY", 8, "reg/files", null, "reg/files"],
    ]);
    expect(stages.map(stage => stage.needed)).toEqual([true, true, false, true]);
    expect(sourceImages).toEqual(["reg/cache:1", "reg/files"]);
  });

  test.each([
    ["a number that is this stage", "FROM img\nCOPY --from=0 a b\n"],
    ["a name that comes later", "FROM img AS a\nFROM img AS b\nCOPY --from=c x y\nFROM b AS c\n"],
  ])("%s is refused with its line", (_, dockerfile) => {
    const error = labErrorOf(() => resolve(dockerfile));
    expect(error.code).toBe("dockerfile-syntax");
    expect(error.message).toMatch(/on line [23]: COPY --from=. . . refers to invalid stage/);
  });

  test("of a stage that is not needed may be wrong", () => {
    expect(resolve("FROM img\nCOPY --from=9 a b\nFROM scratch\n").stages.map(stage => stage.needed)).toEqual([
      false,
      true,
    ]);
  });
});

describe("bases", () => {
  test("are stages, scratch or images", () => {
    expect(resolve("FROM img:1 AS a\nFROM scratch\nFROM A\n").stages.map(stage => stage.base)).toEqual([
      { kind: "image", reference: "img:1" },
      { kind: "scratch" },
      { kind: "stage", index: 0 },
    ]);
  });

  test("must not be empty when they are needed", () => {
    const error = labErrorOf(() => resolve("ARG BASE\nFROM $BASE\n"));
    expect(error.message).toBe("dockerfile parse error on line 2: base name ($BASE) should not be blank");
    expect(error.hint).toContain("--build-arg");
    expect(resolve("ARG BASE\nFROM $BASE\nFROM scratch\n").stages[0]?.needed).toBe(false);
  });
});

test("a broken trigger names the ONBUILD", () => {
  const error = labErrorOf(() => resolve("FROM img AS a\nONBUILD FOO x\nFROM a\n"));
  expect(error.message).toContain("failed to parse ONBUILD instructions");
  expect(error.message).toContain("unknown instruction: FOO");
});

describe("is bounded:", () => {
  test("arguments that double themselves", () => {
    const lines = Array.from({ length: 60 }, (_, index) => `ARG A${index + 1}=$A${index}$A${index}`);
    const text = ["ARG A0=xxxxxxxxxx", ...lines, "FROM $A60"].join("\n");
    expect(labErrorOf(() => resolve(text)).code).toBe("too-large");
  });

  test("triggers of one stage in very many", () => {
    const triggers = "ONBUILD USER u\n".repeat(1000);
    const chain = Array.from({ length: 200 }, (_, index) => `FROM a AS s${index}\nCOPY --from=${index} x y\n`);
    expect(labErrorOf(() => resolve(`FROM x AS a\n${triggers}${chain.join("")}`)).code).toBe("too-large");
  });
});
