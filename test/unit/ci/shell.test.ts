import { describe, expect, test } from "vitest";
import { errorOf, optionsOf, read, readAll } from "./reading.ts";

const sh = (content: string, params = {}) => read(content, { file: "build.sh", params });
const wordsOf = (content: string, params = {}) => sh(content, params).args;

describe("words of a script, nothing run", () => {
  test.each([
    [`A=1; /kaniko/executor --label a=$A`, ["--label", "a=1"]],
    [
      `A="x y"; /kaniko/executor --label $A --label "$A" --label '$A'`,
      ["--label", "x", "y", "--label", "x y", "--label", "$A"],
    ],
    [`/kaniko/executor --label a=\${A:-one two} --label "b=\${B:-3}"`, ["--label", "a=one", "two", "--label", "b=3"]],
    [
      `A=v1.2.3; /kaniko/executor \${A#v} \${A%.*} \${A%%.*} \${A//./-} \${A:+--yes} \${B:+--no}`,
      ["1.2.3", "v1.2", "v1", "v1-2-3", "--yes"],
    ],
    [`A=; /kaniko/executor "$A" $A --no-push`, ["", "--no-push"]],
    [`: \${A:=7}; export B=$A; /kaniko/executor $B`, ["7"]],
    [`/kaniko/executor \\\n  --context . \\\n  --no-push # not this`, ["--context", ".", "--no-push"]],
    [`set -- a "b c"; /kaniko/executor "$@" $# $2`, ["a", "b c", "2", "b", "c"]],
    [`f() { /kaniko/executor --context "$1" "\${@}"; }; f app x`, ["--context", "app", "app", "x"]],
    [`cd app && cd ../lib; /kaniko/executor --context $PWD $(pwd)`, ["--context", "/lib", "/lib"]],
    [`(A=2; cd x); A=\${A-1}; exec /kaniko/executor $A $PWD`, ["1", "/"]],
    [`env A=b timeout -k 5 30m /kaniko/executor --no-push`, ["--no-push"]],
    [`sh -ec '/kaniko/executor --no-push "$1"' name arg`, ["--no-push", "arg"]],
    [`ARGS="--no-push --cache"; eval "/kaniko/executor $ARGS"`, ["--no-push", "--cache"]],
    [`ARGS="--no-push"; ARGS="$ARGS --cache"; /kaniko/executor $ARGS`, ["--no-push", "--cache"]],
    [`A=$'x\\ty'; /kaniko/executor "$A"`, ["x\ty"]],
  ])("%s", (script, words) => {
    expect(wordsOf(`#!/bin/sh\n${script}\n`)).toEqual(words);
  });

  test("what only running would tell is named with its line, and can be given", () => {
    const script =
      "#!/bin/sh\nV=$(git describe)\nif [ -n $X ]; then M=a; else M=b; fi\n/kaniko/executor --no-push --label v=$V --label m=$M --label u=$U";
    expect(wordsOf(script)).toEqual([
      "--no-push",
      "--label",
      "v=‹$(git describe)›",
      "--label",
      "m=‹$M›",
      "--label",
      "u=‹$U›",
    ]);
    expect(sh(script).local.needs).toEqual([
      { what: "$(git describe)", line: 2, give: "--label VALUE" },
      { what: "$M", line: 3, give: "--param M=VALUE" },
      { what: "$U", line: 4, give: "--param U=VALUE" },
    ]);
    expect(wordsOf(script, { M: "a", U: "2" })).toEqual([
      "--no-push",
      "--label",
      "v=‹$(git describe)›",
      "--label",
      "m=a",
      "--label",
      "u=2",
    ]);
  });

  test("both sides of a condition that agree are known", () => {
    expect(wordsOf("if x; then A=1; else A=1; fi; /kaniko/executor $A")).toEqual(["1"]);
    expect(wordsOf("A=1; [ -f y ] && A=2; /kaniko/executor $A")).toEqual(["‹$A›"]);
    expect(wordsOf("A=1; mkdir -p y && A=2; /kaniko/executor $A")).toEqual(["2"]);
  });

  test("a loop over known words runs once for each", () => {
    expect(readAll("for s in api web\ndo\n /kaniko/executor --context $s --no-push\ndone", {}, "b.sh")).toEqual({
      "line 3": ["--context", "api", "--no-push"],
      "line 3#2": ["--context", "web", "--no-push"],
    });
    expect(errorOf(() => sh("for s in api web; do /kaniko/executor --context $s; done"))).toMatchObject({
      code: "usage",
    });
  });

  test("a run under a condition says so", () => {
    const { build } = sh('if [ "$CI" = 1 ]; then\n  /kaniko/executor --no-push\nfi');
    expect(build.notes).toEqual(['runs only under a condition: if [ "$CI" = 1 ] (line 1)']);
  });

  test("a broken script, one without end, one that grows", () => {
    expect(errorOf(() => sh("#!/bin/sh\necho 'a\n"))).toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(/^build\.sh:2:/),
    });
    expect(errorOf(() => sh("f() { f; }; f; /kaniko/executor"))).toMatchObject({ code: "too-large" });
    const growing = `A=aaaaaaaaaa\n${"A=$A$A\n".repeat(40)}/kaniko/executor $A`;
    expect(errorOf(() => sh(growing))).toMatchObject({ code: "too-large" });
    const loops = `${"for a in 1 2 3 4 5 6 7 8 9; do ".repeat(6)}x${"; done".repeat(6)}`;
    expect(errorOf(() => sh(`${loops}\n/kaniko/executor`))).toMatchObject({ code: "too-large" });
  });
});

test("docker run: image, mounts, variables, entrypoint", () => {
  const told = sh(
    'docker run --rm -it -v "$PWD/app":/workspace -v ~/.docker:/kaniko/.docker:ro -e FF_KANIKO_A=1 --env B=2 -w /workspace ' +
      "--network host --entrypoint /kaniko/executor gcr.io/kaniko-project/executor:v1.9.1 -c . -d reg.example/a:1 --build-arg B",
  );
  expect(told.build.image).toBe("gcr.io/kaniko-project/executor:v1.9.1");
  expect(told.args).toEqual(["-c", ".", "-d", "reg.example/a:1", "--build-arg", "B"]);
  expect(told.local.context).toMatchObject({ kind: "folder", folder: "/app" });
  expect(told.local.environment).toEqual({ FF_KANIKO_A: "1" });
  expect(optionsOf(told)).toEqual([
    "--executor gcr.io/kaniko-project/executor:v1.9.1",
    "--build-arg B=2",
    "--cache off",
  ]);
  expect(told.local.references).toEqual([
    { kind: "credentials", text: "~/.docker at /kaniko/.docker", give: "--docker-config FILE" },
  ]);
});

test("a script without Kaniko", () => {
  expect(errorOf(() => sh("docker build .\nexecutor run"))).toMatchObject({ code: "config-invalid" });
});
