/** What each step did when, as characters on a line. Pure. */

import type { StageRef, StepTimes } from "../../../../lib/model/build.ts";
import { type Row, type Span, span, type Tone } from "../../text/spans.ts";

export interface TimedStep {
  readonly number: number;
  readonly stage: StageRef;
  readonly instruction: string;
  readonly text: string;
  readonly startedMs: number | null;
  /** So far, of a step that runs. */
  readonly durationMs: number | null;
  readonly snapshotMs: number | null;
  readonly times: StepTimes | null;
  readonly result: { readonly sign: string; readonly word: string; readonly tone: Tone };
}

export type PhaseName = "unpack" | "first" | "run" | "snapshot" | "push";

export interface Phase {
  readonly name: PhaseName;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sign of its own for each, so that they are told apart without colours. */
export const phaseSigns: Readonly<
  Record<PhaseName, { readonly sign: string; readonly tone: Tone; readonly word: string }>
> = {
  unpack: { sign: "u", tone: "name", word: "unpack" },
  first: { sign: ":", tone: "dim", word: "first snapshot" },
  run: { sign: "=", tone: "added", word: "run" },
  snapshot: { sign: "#", tone: "modified", word: "snapshot" },
  push: { sign: ">", tone: "accent", word: "push" },
};

/**
 * The parts of a step in the order in which Kaniko does them; the push goes on beside the steps that follow. Where the
 * executor sent no trace, only what its log tells: the whole, and the snapshot at its end.
 */
export function phasesOf({ startedMs, durationMs, snapshotMs, times }: TimedStep): Phase[] {
  if (startedMs === null || durationMs === null) return [];
  const end = startedMs + durationMs;
  const push = (from: number): Phase[] =>
    times?.pushMs ? [{ name: "push", fromMs: from, toMs: from + times.pushMs }] : [];
  if (times === null) {
    const snapshotFrom = end - Math.min(snapshotMs ?? 0, durationMs);
    return [phase("run", startedMs, snapshotFrom), phase("snapshot", snapshotFrom, end)].filter(isSome);
  }
  const parts: readonly (readonly [PhaseName, number | null])[] = [
    ["unpack", times.unpackMs],
    ["first", times.firstSnapshotMs],
    ["run", times.runMs],
    ["snapshot", times.snapshotMs ?? snapshotMs],
  ];
  const phases: Phase[] = [];
  let at = startedMs;
  for (const [name, ms] of parts) {
    if (ms === null) continue;
    phases.push(phase(name, at, Math.min(end, at + ms)));
    at = Math.min(end, at + ms);
  }
  return [...phases.filter(isSome), ...push(at)];
}

function phase(name: PhaseName, fromMs: number, toMs: number): Phase {
  return { name, fromMs, toMs };
}

function isSome({ fromMs, toMs }: Phase): boolean {
  return toMs > fromMs;
}

/** All of the build's time; a push can end after the last step. */
export function endOf(steps: readonly TimedStep[]): number {
  return Math.max(
    1,
    ...steps.flatMap(step => [
      (step.startedMs ?? 0) + (step.durationMs ?? 0),
      ...phasesOf(step).map(({ toMs }) => toMs),
    ]),
  );
}

/** Exactly `width` columns. What is shorter than one column still has a sign: that it was. */
export function barRow(step: TimedStep, totalMs: number, width: number): Row {
  const signs = new Array<PhaseName | null>(width).fill(null);
  const columnOf = (ms: number) => Math.min(width - 1, Math.floor((ms / totalMs) * width));
  for (const { name, fromMs, toMs } of phasesOf(step)) {
    const from = columnOf(fromMs);
    const to = Math.max(from + 1, Math.min(width, Math.ceil((toMs / totalMs) * width)));
    // What is long is not hidden by what is short beside it.
    for (let x = from; x < to; x += 1) if (signs[x] === null || to - from > 1) signs[x] = name;
  }
  const row: Span[] = [];
  for (let from = 0; from < width; ) {
    let to = from;
    while (to < width && signs[to] === signs[from]) to += 1;
    const name = signs[from] ?? null;
    row.push(
      name === null
        ? span(" ".repeat(to - from))
        : span(phaseSigns[name].sign.repeat(to - from), phaseSigns[name].tone),
    );
    from = to;
  }
  return row;
}
