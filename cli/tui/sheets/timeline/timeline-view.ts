/** The steps of a build over its time: one that is kept, or the one that runs here. */

import { showText } from "../../../../lib/model/path-text.ts";
import { formatDuration } from "../../../display/format.ts";
import { timesText } from "../../../display/step-times.ts";
import { clockMs, stepTimeMs } from "../../live/live-state.ts";
import { rowOfStep, stepListRows } from "../../rows/step-list.ts";
import { liveResultOf, resultOf, stageRow } from "../../rows/step-rows.ts";
import type { State } from "../../state/state.ts";
import { wrapText } from "../../text/cells.ts";
import { type Row, span } from "../../text/spans.ts";
import type { ListView } from "../list-view.ts";
import type { TimelineSheet } from "../sheet.ts";
import { barRow, endOf, phaseSigns, phasesOf, type TimedStep } from "./timeline-bars.ts";

export const timelineView: ListView<TimelineSheet> = {
  title(state) {
    const steps = timedSteps(state);
    const build = state.place === "live" ? state.live?.progress.id : state.target?.name;
    return [
      span("TIME LINE ", "focused-title"),
      span(showText(build ?? ""), "bold"),
      span(`  ${formatDuration(endOf(steps))}`),
      span(hasTrace(steps) ? "" : "  no trace: times of the log's lines", "dim"),
    ];
  },
  heads(state, _, width) {
    const { bar } = columns(width);
    const total = formatDuration(endOf(timedSteps(state)));
    const axis = `0${total.padStart(Math.max(1, bar - 1))}`;
    return [span(`${"".padEnd(headWidth)}`), span(axis.slice(0, bar), "title")];
  },
  count: state => stepListRows(timedSteps(state)).length,
  row(state, _, at, selected, width) {
    const steps = timedSteps(state);
    const item = stepListRows(steps)[at];
    if (!item) return [];
    if (item.kind === "stage") return [span(selected ? ">" : " "), ...stageRow(item)];
    const step = steps[item.at] as TimedStep;
    const { sign, word, tone } = step.result;
    return [
      span(selected ? ">" : " "),
      span(`${String(step.number).padStart(3)} `),
      span(`${sign}${word.padEnd(5)}`, tone),
      span(`${formatDuration(step.durationMs).padStart(8)} `, "dim"),
      ...barRow(step, endOf(steps), columns(width).bar),
      span(`  ${showText(step.text)}`),
    ];
  },
  detail(state, sheet, width) {
    const steps = timedSteps(state);
    const item = stepListRows(steps)[sheet.place.cursor];
    if (item?.kind !== "step") return [];
    const step = steps[item.at] as TimedStep;
    const parts = phasesOf(step).map(
      ({ name, fromMs, toMs }) => `${phaseSigns[name].word} ${formatDuration(toMs - fromMs)}`,
    );
    const exact = step.times === null ? parts.join(", ") : timesText({ ...stepOf(state, item.at), times: step.times });
    return [
      ...wrapText(showText(step.text), width)
        .slice(0, 3)
        .map((line): Row => [span(line, "bold")]),
      [
        span(step.startedMs === null ? "it did not run" : `from ${formatDuration(step.startedMs)} on: `, "dim"),
        span(exact),
      ],
      legend,
    ];
  },
  empty: "This image was not built here: nothing is known of its times.",
};

const legend: Row = Object.values(phaseSigns).flatMap(({ sign, tone, word }) => [
  span(`${sign} `, tone),
  span(`${word}   `, "dim"),
]);

/** Result and time before the bar. */
const headWidth = 1 + 4 + 6 + 9;

function columns(width: number): { readonly bar: number } {
  const text = Math.min(60, Math.max(12, Math.floor(width * 0.25)));
  return { bar: Math.max(10, width - headWidth - text) };
}

function hasTrace(steps: readonly TimedStep[]): boolean {
  return steps.some(({ times }) => times !== null);
}

function stepOf(state: State, at: number) {
  return state.target?.steps[at] as NonNullable<State["target"]>["steps"][number];
}

/** Made once for each state of the steps, as they are asked for with every row. */
const kept = new WeakMap<object, { readonly nowMs: number; readonly steps: readonly TimedStep[] }>();

export function timedSteps(state: State): readonly TimedStep[] {
  const live = state.place === "live" ? state.live : null;
  const source = live ? live.progress.steps : (state.target?.build?.steps ?? null);
  if (source === null) return [];
  const nowMs = live ? live.nowMs : 0;
  const known = kept.get(source);
  if (known?.nowMs === nowMs) return known.steps;
  const steps = live ? liveSteps(state) : recordedSteps(state);
  kept.set(source, { nowMs, steps });
  return steps;
}

function recordedSteps({ target }: State): readonly TimedStep[] {
  const build = target?.build ?? null;
  return (target?.steps ?? []).map(step => ({ ...step, times: step.times ?? null, result: resultOf(step, build) }));
}

function liveSteps({ live }: State): readonly TimedStep[] {
  if (!live) return [];
  const clock = clockMs(live);
  const frame = Math.floor(live.nowMs / 250);
  return live.progress.steps.map(step => ({
    ...step,
    durationMs: stepTimeMs(step, clock),
    snapshotMs: step.snapshotMs ?? (step.snapshotStartedMs === null ? null : clock - step.snapshotStartedMs),
    result: liveResultOf(step, frame),
  }));
}

/** The row of a step by its place in the list of steps. */
export function timelineRowOf(state: State, at: number): number {
  return rowOfStep(timedSteps(state), at);
}

/** The place in the list of steps of a row; of a stage's name its first step. */
export function stepAtRow(state: State, row: number): number | null {
  const items = stepListRows(timedSteps(state));
  const item = items[row]?.kind === "stage" ? items[row + 1] : items[row];
  return item?.kind === "step" ? item.at : null;
}
