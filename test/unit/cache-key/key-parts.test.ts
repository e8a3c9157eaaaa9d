import { describe, expect, test } from "vitest";
import { goFileMode } from "../../../lib/cache-key/go-file-mode.ts";
import { keyAlgorithm } from "../../../lib/cache-key/key-algorithm.ts";
import { keyDifference } from "../../../lib/cache-key/key-difference.ts";
import type { KeyPart } from "../../../lib/cache-key/key-part.ts";
import { mappedOwners } from "../../../lib/cache-key/owner-mapping.ts";
import { recordedParts } from "../../../lib/cache-key/recorded-parts.ts";
import type { Step } from "../../../lib/model/build.ts";
import { measuredStep } from "../../../lib/prediction/measured-steps.ts";

test.each([
  [0o100644, "-rw-r--r--"],
  [0o104755, "urwxr-xr-x"],
  [0o102755, "grwxr-xr-x"],
  [0o106755, "ugrwxr-xr-x"],
  [0o041777, "dtrwxrwxrwx"],
  [0o042750, "dgrwxr-x---"],
  [0o120777, "Lrwxrwxrwx"],
  [0o010600, "prw-------"],
  [0o020620, "Dcrw--w----"],
  [0o060660, "Drw-rw----"],
  [0o140755, "Srwxr-xr-x"],
  [0o100000, "----------"],
])("Go writes mode %o as %s", (mode, text) => {
  expect(goFileMode(mode)).toBe(text);
});

describe("what is not known is said", () => {
  test.each([
    ["fork", "v1.27.0"],
    ["fork", "v1.29.0"],
    ["fork", ""],
    ["upstream", "v1.23.2"],
  ] as const)("%s %s", (family, version) => {
    expect(keyAlgorithm({ executor: { family, version }, args: [], env: {} })).toContain("is not known");
  });

  test("an executor that does not say what it is, and flags whose effect is not known", () => {
    expect(keyAlgorithm({ executor: { family: "unknown", version: "v1" }, args: [], env: {} })).toBeTypeOf("string");
    const executor = { family: "fork", version: "v1.28.3" } as const;
    expect(keyAlgorithm({ executor, args: ["--image-format=oci"], env: {} })).toContain("--image-format");
  });
});

test("flags as the executor reads them: the last one counts, booleans behind `=` only", () => {
  const executor = { family: "fork", version: "v1.28.3" } as const;
  const looksUp = (...args: string[]) => {
    const algorithm = keyAlgorithm({ executor, args, env: {} });
    return typeof algorithm === "string" ? null : algorithm.looksUp;
  };
  expect(looksUp()).toEqual({ run: true, workdir: true, copy: false, add: false });
  expect(looksUp("--cache-copy-layers", "--cache-run-layers=false")).toMatchObject({ run: false, copy: true });
  expect(looksUp("--cache-copy-layers", "false")).toMatchObject({ copy: true });
  expect(looksUp("--cache-copy-layers=1", "--cache-copy-layers=F")).toMatchObject({ copy: false });
});

test("ids through a user namespace: the user's own is 0, lent ones follow, others are nobody's", () => {
  const owners = mappedOwners(["0", "1000", "1", "1", "100000", "65536"], ["0", "1000", "1", "1", "200000", "10"]);
  expect(owners({ uid: 1000, gid: 1000 })).toEqual({ uid: 0, gid: 0 });
  expect(owners({ uid: 100_041, gid: 200_009 })).toEqual({ uid: 42, gid: 10 });
  expect(owners({ uid: 0, gid: 200_010 })).toEqual({ uid: 65_534, gid: 65_534 });
});

const step = (text: string, parts: string[] | null): Pick<Step, "instruction" | "text" | "cache"> => ({
  instruction: text.split(" ")[0] as string,
  text,
  cache: { key: "k", result: "miss", parts },
});
const hash = (letter: string) => letter.repeat(64);

describe("recorded parts get their names", () => {
  const context = { argNames: new Set(["V"]), baseName: "busybox" };

  test("base, variables and the instruction", () => {
    const parts = [`sha256:${hash("1")}`, "|2", "PATH=/bin", "V=a=b", "RUN echo"];
    expect(recordedParts(step("RUN echo", parts), context)).toEqual([
      { kind: "base", name: "busybox", value: `sha256:${hash("1")}` },
      { kind: "count", name: "", value: "|2" },
      { kind: "env", name: "PATH", value: "PATH=/bin" },
      { kind: "arg", name: "V", value: "V=a=b" },
      { kind: "instruction", name: "", value: "RUN echo" },
    ]);
  });

  test("sources by their words, by what is known of them, or without a name", () => {
    const copy = step("COPY a /b c /d/", ["COPY a /b c /d/", hash("1"), hash("2"), hash("3")]);
    expect(
      recordedParts(copy, context)
        ?.slice(1)
        .map(({ name }) => name),
    ).toEqual(["a", "b", "c"]);
    const wild = step("COPY *.c /d/", ["COPY *.c /d/", hash("1"), hash("2")]);
    expect(
      recordedParts(wild, context)
        ?.slice(1)
        .map(({ name }) => name),
    ).toEqual(["", ""]);
    const known = recordedParts(wild, { ...context, sources: ["x.c", "y.c"] });
    expect(known?.slice(1).map(({ name }) => name)).toEqual(["x.c", "y.c"]);
  });

  test("of another stage, and none where the log told none", () => {
    const copy = step("COPY --from=b /out /x", ["COPY --from=b /out /x", hash("1")]);
    expect(recordedParts(copy, context)?.[1]).toEqual({ kind: "stage", name: "b:out", value: hash("1") });
    expect(recordedParts(step("RUN x", null), context)).toBeNull();
    expect(recordedParts(step("RUN x", ["something else"]), context)).toBeNull();
  });
});

describe("the first difference of two keys", () => {
  const part = (kind: KeyPart["kind"], name: string, value: string): KeyPart => ({ kind, name, value });
  const run = [
    part("base", "b", "1"),
    part("count", "", "|1"),
    part("arg", "V", "V=1"),
    part("instruction", "", "RUN x"),
  ];
  const changed = (at: number, to: KeyPart) => keyDifference(run, run.with(at, to));

  test("base, instruction, variable", () => {
    expect(keyDifference(run, run)).toBeNull();
    expect(changed(0, part("base", "b", "2"))).toMatchObject({ kind: "base", name: "b", before: "1", after: "2" });
    expect(changed(3, part("instruction", "", "RUN y"))).toMatchObject({
      kind: "instruction",
      before: "RUN x",
      after: "RUN y",
    });
    expect(changed(2, part("arg", "V", "V=2=3"))).toMatchObject({ kind: "arg", name: "V", before: "1", after: "2=3" });
  });

  test("a variable that came or went", () => {
    const more = [run[0], part("count", "", "|2"), run[2], part("env", "W", "W="), run[3]] as KeyPart[];
    expect(keyDifference(run, more)).toMatchObject({ kind: "env", name: "W", before: null, after: "" });
    expect(keyDifference(more, run)).toMatchObject({ kind: "env", name: "W", before: "", after: null });
  });

  test("files by their place, and by name where one came or went", () => {
    const files = (...of: [string, string][]) => [
      part("instruction", "", "COPY"),
      ...of.map(([name, value]) => part("file", name, value)),
    ];
    const two = files(["a", "1"], ["b", "2"]);
    expect(keyDifference(two, files(["a", "1"], ["b", "3"]))).toMatchObject({
      kind: "file",
      path: "b",
      before: "2",
      after: "3",
    });
    expect(keyDifference(two, files(["b", "2"]))).toMatchObject({ path: "a", before: "1", after: null });
    expect(keyDifference(files(["b", "2"]), two)).toMatchObject({ path: "a", before: null, after: "1" });
  });
});

test("what a step cost is that of the newest build that ran it", () => {
  const ran = (status: Step["status"], durationMs: number) =>
    ({ stage: { index: 0, name: "" }, text: "RUN x", status, durationMs, layer: { sizeBytes: 7 } }) as Step;
  const asked = { stage: { index: 0, name: "" }, text: "RUN x" };
  const builds = [{ steps: [ran("cached", 1)] }, { steps: [ran("executed", 20)] }, { steps: [ran("executed", 300)] }];
  expect(measuredStep(asked, builds)).toEqual({ durationMs: 20, sizeBytes: 7 });
  expect(measuredStep({ ...asked, stage: { index: 1, name: "" } }, builds)).toBeNull();
});
