/** Steps as rows: of a recorded build or image, and of a build that runs. The instruction stands last, as its width is the least certain. */

import type { StepProgress } from "../../../lib/build/progress.ts";
import type { Step } from "../../../lib/model/build.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { formatBytes, formatDuration } from "../../display/format.ts";
import { type Row, span, type Tone } from "../text/spans.ts";
import type { StepListRow } from "./step-list.ts";

export interface StepRowOptions {
  readonly width: number;
  readonly selected: boolean;
  /** The step that others are compared with. */
  readonly isBase: boolean;
  /** Hits of the search in this step; null when nothing was searched. */
  readonly hits: number | null;
}

/** Below this width there is no room for times and counts; the detail has them. */
const wideFrom = 56;
const widestFrom = 76;

export function stageRow(row: Extract<StepListRow, { kind: "stage" }>): Row {
  const name = row.stage.name === "" ? "" : ` ${showText(row.stage.name)}`;
  const base = row.text.replace(/^FROM\s+/i, "").replace(/\s+AS\s+\S+$/i, "");
  return [span(`stage ${row.stage.index}${name}  from ${showText(base)}`, "dim")];
}

export function stepRow(step: Step, options: StepRowOptions): Row {
  const layers = step.layer ? [step.layer] : step.baseLayers;
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const { word, tone } = resultOf(step);
  return [
    ...beginning(step, options),
    span(word.padEnd(5), tone),
    sizeOrHits(layers.length === 0 ? "" : formatBytes(sizeBytes), options),
    ...(options.width >= wideFrom ? [span(` ${formatDuration(step.durationMs).padStart(8)}`, "dim")] : []),
    ...(options.width >= widestFrom ? countSpans(step) : []),
    span(` ${showText(step.text === "" ? "(no history)" : step.text)}`, step.status === "skipped" ? "dim" : "plain"),
  ];
}

/** @param timeMs so far, null before the step starts. @param frame of the spinner. */
export function liveStepRow(step: StepProgress, timeMs: number | null, frame: number, options: StepRowOptions): Row {
  const { word, tone } = liveResultOf(step, frame);
  return [
    ...beginning(step, options),
    span(word.padEnd(5), tone),
    span(formatDuration(timeMs).padStart(8), "dim"),
    span(` ${showText(step.text)}`, step.state === "waiting" || step.state === "skipped" ? "dim" : "plain"),
  ];
}

function beginning(step: { readonly number: number }, { selected, isBase }: StepRowOptions): Row {
  return [span(selected ? ">" : " "), span(isBase ? "*" : " ", "accent"), span(`${String(step.number).padStart(2)} `)];
}

function sizeOrHits(size: string, { hits }: StepRowOptions): Row[number] {
  if (hits === null) return span(size.padStart(8));
  return span((hits === 0 ? "" : `${hits} hit${hits === 1 ? "" : "s"}`).padStart(8), "found");
}

function countSpans(step: Step): Row {
  if (step.added === null || step.layer === null || step.status === "metadata") return [span("".padEnd(17))];
  const counts = `+${step.added} ~${step.modified ?? 0} -${step.deleted ?? 0}`;
  return [span(`  ${counts.padEnd(15)}`, "dim")];
}

/** What became of a step in one short word. */
export function resultOf(step: Step): { word: string; tone: Tone } {
  switch (step.status) {
    case "cached":
      return { word: "hit", tone: "added" };
    case "failed":
      return { word: "FAIL", tone: "error" };
    case "skipped":
      return { word: "skip", tone: "dim" };
    case "metadata":
      return { word: step.cache.result === "hit" ? "hit" : "meta", tone: "dim" };
    case "executed":
      if (step.startedMs === null && step.line === null) return { word: "", tone: "plain" };
      return step.cache.result === "miss" ? { word: "miss", tone: "modified" } : { word: "run", tone: "plain" };
  }
}

const spinner = ["|", "/", "-", "\\"] as const;

function liveResultOf(step: StepProgress, frame: number): { word: string; tone: Tone } {
  switch (step.state) {
    case "waiting":
      return { word: "", tone: "dim" };
    case "running":
      return { word: spinner[frame % spinner.length] as string, tone: "accent" };
    case "cached":
      return { word: "hit", tone: "added" };
    case "failed":
      return { word: "FAIL", tone: "error" };
    case "skipped":
      return { word: "skip", tone: "dim" };
    case "metadata":
      return { word: "meta", tone: "dim" };
    case "executed":
      return step.cacheResult === "miss" ? { word: "miss", tone: "modified" } : { word: "done", tone: "plain" };
  }
}
