import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { planSteps } from "../../../lib/dockerfile/plan.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import type { PlannedStep } from "../../../lib/executor/events.ts";
import { decodeTraces } from "../../../lib/traces/decode-traces.ts";
import { knowsTraces } from "../../../lib/traces/knows-traces.ts";
import { measureSteps } from "../../../lib/traces/measure-steps.ts";
import type { AttributeValue, TraceSpan } from "../../../lib/traces/trace-span.ts";

// The body that a v1.28.3 of the fork sent for a build of two stages; the Dockerfile is in it.
const spans = decodeTraces(readFileSync(new URL("../../fixtures/traces/fork.bin", import.meta.url)));
const build = spans.find(({ name }) => name === "build") as TraceSpan;
const steps = planSteps(
  resolveStages(parseDockerfile(String(build.attributes.get("kaniko.dockerfile.content"))), {
    buildArgs: {},
    target: null,
  }),
);
const range = { startUs: build.startUs, nowUs: build.endUs };

describe("the trace of a real build", () => {
  const measured = measureSteps({ spans, steps, ...range });
  const of = (number: number) => measured.find(({ step }) => step === number);

  test("is told by steps, with what each one's time went into", () => {
    expect(spans).toHaveLength(72);
    expect(measured.map(({ step }) => step).sort((a, b) => a - b)).toEqual(steps.map(({ number }) => number));
    expect(of(1)).toEqual({
      step: 1,
      startedMs: null,
      durationMs: null,
      times: { unpackMs: 78.567, firstSnapshotMs: null, runMs: null, snapshotMs: null, pushMs: null },
      key: null,
      line: null,
      isHit: null,
    });
    // The first RUN of the stage: most of its time is not its own.
    expect(of(4)).toMatchObject({
      startedMs: 133,
      durationMs: 127,
      times: { firstSnapshotMs: 107.295, runMs: 5.095, snapshotMs: 11.872, pushMs: 6.604 },
      isHit: false,
    });
    expect(of(5)?.times).toMatchObject({ firstSnapshotMs: null, pushMs: 9.817 });
    expect(of(6)?.times.unpackMs).toBe(54.503);
    expect(measured.filter(({ key }) => key === null).map(({ step }) => step)).toEqual([1, 6]);
  });

  test("pushes belong to the steps that have a layer to push, however long they take", () => {
    const pushed = measured.filter(({ times }) => times.pushMs !== null).map(({ step }) => step);
    expect(pushed).toEqual([2, 3, 4, 5, 9, 10, 11, 12, 13]);
  });

  test("lines are told where only the executor could read the Dockerfile", () => {
    const unknown = steps.map(step => ({ ...step, line: null, endLine: null }));
    const lines = measureSteps({ spans, steps: unknown, ...range }).map(({ step, line }) => [step, line]);
    const known = new Map(steps.map(({ number, line, instruction }) => [number, instruction === "FROM" ? null : line]));
    expect(lines).toHaveLength(steps.length);
    for (const [step, line] of lines) expect(line).toBe(known.get(step as number));
    expect(measured.every(({ line }) => line === null)).toBe(true);
  });

  test("nothing is believed of times outside of the build", () => {
    expect(
      measureSteps({ spans, steps, startUs: build.startUs + 10_000_000, nowUs: build.endUs + 10_000_000 }),
    ).toEqual([]);
    expect(measureSteps({ spans, steps, startUs: 0, nowUs: build.startUs - 10_000_000 })).toEqual([]);
  });
});

function span(
  name: string,
  startMs: number,
  endMs: number,
  attributes: Record<string, AttributeValue> = {},
): TraceSpan {
  const id = `${name}-${startMs}`;
  return {
    name,
    id,
    parentId: "",
    startUs: startMs * 1000,
    endUs: endMs * 1000,
    attributes: new Map(Object.entries(attributes)),
  };
}

function command(startMs: number, endMs: number, line: number, text: string): TraceSpan {
  return span("Command", startMs, endMs, {
    "kaniko.command": text,
    "kaniko.instruction.line": line,
    "kaniko.stage": 0,
  });
}

const planned = (number: number, line: number | null, text: string): PlannedStep => ({
  number,
  stage: { index: 0, name: "" },
  line,
  endLine: line,
  instruction: text.split(" ")[0] as string,
  text,
});

describe("spans that are not as they should be", () => {
  const plan = [
    planned(1, 1, "FROM x"),
    planned(2, 2, "RUN a"),
    planned(3, 3, "RUN b"),
    planned(4, null, "RUN trigger"),
  ];
  const measure = (given: readonly TraceSpan[]) => measureSteps({ spans: given, steps: plan, startUs: 0, nowUs: 1e6 });

  test("a step is measured once, by its line and its kind", () => {
    const given = [
      command(10, 20, 2, "RUN a"),
      command(30, 900, 2, "RUN a"),
      command(40, 50, 3, "COPY b /"),
      command(60, 70, 99, "RUN a"),
    ];
    expect(measure(given)).toMatchObject([{ step: 2, durationMs: 10 }]);
  });

  test("a trigger of the base goes by its text", () => {
    expect(measure([command(10, 20, 1, "RUN trigger"), command(30, 40, 1, "RUN other")])).toMatchObject([{ step: 4 }]);
  });

  test("spans that end before they start, and attributes of other kinds, count for nothing", () => {
    expect(
      measure([
        command(20, 10, 2, "RUN a"),
        span("Command", 10, 20, { "kaniko.command": 7, "kaniko.instruction.line": "2" }),
      ]),
    ).toEqual([]);
  });

  test("a push that began late is still that of its step, where all were pushed", () => {
    const [one, two] = [span("Pushing cached layer", 52, 60), span("Pushing cached layer", 53, 70)];
    const steps = [command(10, 20, 2, "RUN a"), span("Snapshotting FS", 21, 22), command(30, 40, 3, "RUN b")];
    const all = [...steps, span("Snapshotting FS", 41, 50), one, two];
    const pushed = (given: readonly TraceSpan[]) => measure(given).map(({ step, times }) => [step, times.pushMs]);
    expect(pushed(all)).toEqual([
      [2, 8],
      [3, 17],
    ]);
    // Of one alone the nearest step before it is the likelier one.
    expect(pushed(all.slice(0, -1))).toEqual([
      [2, null],
      [3, 8],
    ]);
  });

  test("snapshots and pushes before any command belong to none", () => {
    const given = [
      span("Snapshotting FS", 1, 2),
      span("Pushing cached layer", 3, 4),
      command(10, 20, 2, "RUN a"),
      span("Pushing cached layer", 21, 22),
    ];
    expect(measure(given)).toMatchObject([{ step: 2, times: { snapshotMs: null, pushMs: null } }]);
  });
});

test("only a fork that sends traces is asked for them", () => {
  const knows = (family: "fork" | "upstream" | "unknown", version: string) =>
    knowsTraces({ source: "x", family, version });
  expect(["v1.28.2", "v1.28.3", "v1.29.0", "v2.0.0"].map(version => knows("fork", version))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["v1.28.1", "v1.27.9", "", "main"].map(version => knows("fork", version))).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([knows("upstream", "v1.28.3"), knows("unknown", "v1.28.3")]).toEqual([false, false]);
});
