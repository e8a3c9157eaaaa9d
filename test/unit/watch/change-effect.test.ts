import { describe, expect, test } from "vitest";
import { effectSummary, invalidatedBy, stepRanges } from "../../../cli/display/change-effect.ts";
import type { KeyPart } from "../../../lib/cache-key/key-part.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { ForeseenStep, Foresight } from "../../../lib/prediction/foresee.ts";
import type { Changes, PathChange } from "../../../lib/watch/change.ts";
import { builtSteps, differsFrom, effectOf } from "../../../lib/watch/change-effect.ts";

const part = (kind: KeyPart["kind"], name: string): KeyPart => ({ kind, name, value: `hash of ${name}` });

function step(number: number, text: string, key: string, facts: Partial<ForeseenStep> = {}): ForeseenStep {
  const instruction = text.split(" ")[0] as string;
  return {
    number,
    stage: { index: 0, name: "" },
    line: number,
    endLine: number,
    instruction,
    text,
    result: instruction === "FROM" ? "off" : "miss",
    key: instruction === "FROM" ? null : key,
    parts: [],
    before: { number, key: instruction === "FROM" ? null : `k${number}`, parts: [] },
    cause: null,
    unknown: null,
    measured: null,
    isInvalidated: false,
    ...facts,
  };
}

const foresight = (steps: readonly ForeseenStep[], facts: Partial<Foresight> = {}): Foresight => ({
  executor: { source: "x", version: "v1.28.3", family: "fork" },
  unknown: null,
  steps,
  against: {} as BuildRecord,
  ...facts,
});

const changes = (...paths: (string | PathChange)[]): Changes =>
  new Map(
    paths.map(path => {
      const change = typeof path === "string" ? { path, kind: "changed" as const, meaning: "context" as const } : path;
      return [change.path, change];
    }),
  );

const file = { kind: "file", name: "", path: "a", before: "1", after: "2" } as const;

describe("which step is invalidated by which file", () => {
  const steps = [
    step(1, "FROM x", ""),
    step(2, "COPY a /a", "k2'", { parts: [part("file", "a")], cause: file }),
    step(3, "RUN make", "k3'", { result: "skipped" }),
    step(4, "COPY src /src", "k4'", { parts: [part("folder", "src")], result: "skipped" }),
  ];

  test("a file, the folder that has it, and what only follows", () => {
    const { invalidated, unused } = effectOf(null, foresight(steps), changes("a", "src/deep/b.c", "notes"));
    expect(invalidated.map(({ number, files, after }) => [number, files, after])).toEqual([
      [2, ["a"], null],
      [3, [], 2],
      [4, ["src/deep/b.c"], null],
    ]);
    expect(unused).toEqual(["notes"]);
  });

  test("a name that only begins like a source is no part of it", () => {
    const { unused } = effectOf(null, foresight(steps), changes("src2/b.c", "ab"));
    expect(unused).toEqual(["src2/b.c", "ab"]);
  });

  test("a file that is gone was taken by the step that had it", () => {
    const gone = step(2, "COPY a* /a", "k2'", { cause: file });
    const before = foresight([step(2, "COPY a* /a", "k2", { parts: [part("file", "a.txt")] })]);
    expect(effectOf(before, foresight([gone]), changes("a.txt")).invalidated[0]?.files).toEqual(["a.txt"]);
  });

  test("an edited instruction is the Dockerfile's doing, though the Dockerfile is not copied", () => {
    const cause = { kind: "instruction", name: "", path: null, before: "RUN a", after: "RUN b" } as const;
    const edited = foresight([step(2, "RUN b", "k2'", { cause }), step(3, "RUN c", "k3'", { result: "skipped" })]);
    const dockerfile: PathChange = { path: "Dockerfile", kind: "changed", meaning: "dockerfile" };
    const { invalidated, unused } = effectOf(null, edited, changes(dockerfile));
    expect(invalidated.map(({ number, files, after }) => [number, files, after])).toEqual([
      [2, ["Dockerfile"], null],
      [3, [], 2],
    ]);
    expect(unused).toEqual([]);
    expect(invalidatedBy(invalidated[0]!)).toBe("by Dockerfile: the instruction was: RUN a");
  });

  test("nothing is invalidated by a file with the same content, nor before any build", () => {
    const same = foresight([step(2, "COPY a /a", "k2", { parts: [part("file", "a")], result: "hit" })]);
    const effect = effectOf(null, same, changes("a"));
    expect(effect).toMatchObject({ invalidated: [], unused: [] });
    expect(effectSummary(effect, same)).toBe("a: no step gets another key");
    expect(effectOf(null, foresight(steps, { against: null }), changes("a")).invalidated).toEqual([]);
  });

  test("a stage that copies from one that changed comes after it", () => {
    const other = step(5, "COPY --from=made /a /b", "", {
      stage: { index: 1, name: "" },
      key: null,
      result: "unknown",
      unknown: "made anew",
    });
    const { invalidated } = effectOf(null, foresight([...steps, other]), changes("a"));
    expect(invalidated.at(-1)).toMatchObject({ number: 5, after: 2 });
  });

  test("in words, hostile names escaped", () => {
    const effect = effectOf(null, foresight(steps), changes("a", "b\x1b[2J", "c", "d", "e"));
    expect(effectSummary(effect, foresight(steps))).toBe(
      "a, b\\x1b[2J, c and 2 more invalidate step 2 and 2 steps behind",
    );
    expect(stepRanges([3])).toBe("step 3");
    expect(stepRanges([3, 4, 6, 7, 8, 11])).toBe("steps 3, 4, 6-8, 11");
  });
});

describe("whether a build would make something else", () => {
  const now = [step(1, "FROM x", ""), step(2, "RUN a", "k2")];
  const built = builtSteps(now);
  const differs = (steps: readonly ForeseenStep[], facts: Partial<Foresight> = {}) =>
    differsFrom(built, foresight(steps, facts));
  test.each<[string, boolean, boolean]>([
    ["the same", differs(now), false],
    ["no build before", differsFrom(null, foresight(now)), true],
    ["another key", differs([now[0]!, step(2, "RUN a", "other")]), true],
    ["a key that is not known", differs([now[0]!, step(2, "RUN a", "k2", { unknown: "why" })]), true],
    ["another base of a stage without instructions", differs([step(1, "FROM y", ""), now[1]!]), true],
    ["one more step", differs([...now, step(3, "RUN b", "k3")]), true],
    ["nothing can be predicted", differs([], { unknown: "off" }), true],
  ])("%s", (_, found, wanted) => expect(found).toBe(wanted));
});
