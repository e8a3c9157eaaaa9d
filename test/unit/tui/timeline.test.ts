import { describe, expect, test } from "vitest";
import { barRow, endOf, phasesOf, type TimedStep } from "../../../cli/tui/sheets/timeline/timeline-bars.ts";
import { textOf } from "../../../cli/tui/text/spans.ts";

function step(facts: Partial<TimedStep>): TimedStep {
  return {
    number: 1,
    stage: { index: 0, name: "" },
    instruction: "RUN",
    text: "RUN x",
    startedMs: 0,
    durationMs: 100,
    snapshotMs: null,
    times: null,
    result: { sign: " ", word: "", tone: "plain" },
    ...facts,
  };
}

const noTimes = { unpackMs: null, firstSnapshotMs: null, runMs: null, snapshotMs: null, pushMs: null };

describe("parts of a step over time", () => {
  test("with a trace each part, one after the other; the push goes on after the step", () => {
    const timed = step({
      startedMs: 100,
      durationMs: 100,
      times: { ...noTimes, firstSnapshotMs: 20, runMs: 50, snapshotMs: 30, pushMs: 200 },
    });
    expect(phasesOf(timed)).toEqual([
      { name: "first", fromMs: 100, toMs: 120 },
      { name: "run", fromMs: 120, toMs: 170 },
      { name: "snapshot", fromMs: 170, toMs: 200 },
      { name: "push", fromMs: 200, toMs: 400 },
    ]);
    expect(endOf([timed])).toBe(400);
    expect(textOf(barRow(timed, 400, 40))).toBe(`${" ".repeat(10)}::=====###${">".repeat(20)}`);
  });

  test("without one the log's times: the snapshot is the end of the step", () => {
    expect(phasesOf(step({ snapshotMs: 40 }))).toEqual([
      { name: "run", fromMs: 0, toMs: 60 },
      { name: "snapshot", fromMs: 60, toMs: 100 },
    ]);
    expect(phasesOf(step({ startedMs: null }))).toEqual([]);
  });

  test("the shortest step is seen, and no bar is wider or narrower than asked", () => {
    const short = step({ startedMs: 9999, durationMs: 1 });
    for (const width of [10, 33, 200]) {
      const bar = textOf(barRow(short, 10_000, width));
      expect(bar).toHaveLength(width);
      expect(bar.endsWith("=")).toBe(true);
    }
  });
});
