/** Steps as rows: of a recorded build or image, and of a build that runs. The instruction stands last, as its width is the least certain. */

import type { StepProgress } from "../../../lib/build/progress.ts";
import type { BuildRecord, Step } from "../../../lib/model/build.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { ForeseenStep } from "../../../lib/prediction/foresee.ts";
import { cacheWordsOf } from "../../display/cache-words.ts";
import { formatBytes, formatDuration } from "../../display/format.ts";
import type { WatchedStep } from "../live/watch-view.ts";
import { type Row, span, type Tone } from "../text/spans.ts";
import type { StepListRow } from "./step-list.ts";

export interface StepRowOptions {
  readonly width: number;
  readonly selected: boolean;
  /** The step that others are compared with. */
  readonly isBase: boolean;
  /** Hits of the search in this step; null when nothing was searched. */
  readonly hits: number | null;
  /** The build that the steps are of; null for an image from elsewhere. */
  readonly build?: BuildRecord | null;
  /** What was predicted of the step, where a context is watched. */
  readonly watched?: WatchedStep | null;
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
  const { sign, word, tone } = resultOf(step, options.build ?? null);
  return [
    ...beginning(step, options),
    span(sign + word.padEnd(5), tone),
    sizeOrHits(layers.length === 0 ? "" : formatBytes(sizeBytes), options),
    ...(options.width >= wideFrom ? [span(` ${formatDuration(step.durationMs).padStart(8)}`, "dim")] : []),
    ...(options.width >= widestFrom ? countSpans(step) : []),
    span(` ${showText(step.text === "" ? "(no history)" : step.text)}`, step.status === "skipped" ? "dim" : "plain"),
  ];
}

/** @param timeMs so far, null before the step starts. @param frame of the spinner. */
export function liveStepRow(step: StepProgress, timeMs: number | null, frame: number, options: StepRowOptions): Row {
  const { watched } = options;
  const { sign, word, tone } =
    step.state === "waiting" && watched?.foreseen ? foreseenResult(watched.foreseen) : liveResultOf(step, frame);
  const isWrong = watched?.isRight === false;
  return [
    ...beginning(step, options, watched?.invalidated?.after === null),
    span(sign + word.padEnd(5), tone),
    span(isWrong ? "?!" : "  ", "warning"),
    span(formatDuration(timeMs).padStart(6), "dim"),
    span(` ${showText(step.text)}`, step.state === "waiting" || step.state === "skipped" ? "dim" : "plain"),
  ];
}

function beginning(step: { readonly number: number }, options: StepRowOptions, isChanged = false): Row {
  const mark = options.isBase ? span("*", "accent") : isChanged ? span("~", "modified") : span(" ");
  return [span(options.selected ? ">" : " "), mark, span(`${String(step.number).padStart(2)} `)];
}

function sizeOrHits(size: string, { hits }: StepRowOptions): Row[number] {
  if (hits === null) return span(size.padStart(8));
  return span((hits === 0 ? "" : `${hits} hit${hits === 1 ? "" : "s"}`).padStart(8), hits === 0 ? "plain" : "found");
}

function countSpans(step: Step): Row {
  if (step.added === null || step.layer === null || step.status === "metadata") return [span("".padEnd(17))];
  const counts = `+${step.added} ~${step.modified ?? 0} -${step.deleted ?? 0}`;
  return [span(`  ${counts.padEnd(15)}`, "dim")];
}

interface StepResult {
  /** One character: what the layer cache said. */
  readonly sign: string;
  readonly word: string;
  readonly tone: Tone;
}

/** What became of a step, in a sign and one short word. */
export function resultOf(step: Step, build: BuildRecord | null): StepResult {
  switch (step.status) {
    case "failed":
      return { sign: " ", word: "FAIL", tone: "error" };
    case "skipped":
      return { sign: " ", word: "skip", tone: "dim" };
    case "metadata":
      return step.cache.result === "hit"
        ? { sign: "+", word: "hit", tone: "dim" }
        : { sign: " ", word: "meta", tone: "dim" };
    case "cached":
      return { sign: "+", word: "hit", tone: "added" };
    case "executed": {
      if (build === null || (step.startedMs === null && step.line === null))
        return { sign: " ", word: build === null || step.line === null ? "" : "run", tone: "plain" };
      if (step.instruction === "FROM") return { sign: " ", word: "run", tone: "plain" };
      const { sign, word } = cacheWordsOf(build, step);
      return { sign, word: word === "" ? "run" : word, tone: step.cache.result === "miss" ? "modified" : "plain" };
    }
  }
}

/** What is predicted has a question mark. */
function foreseenResult({ result, instruction }: ForeseenStep): StepResult {
  switch (result) {
    case "hit":
      return { sign: "+", word: "hit?", tone: "added" };
    case "miss":
      return { sign: "!", word: "miss?", tone: "modified" };
    case "expired":
      return { sign: "!", word: "old?", tone: "modified" };
    case "unknown":
      return { sign: "?", word: "", tone: "warning" };
    case "skipped":
      return lookedUpKinds.has(instruction)
        ? { sign: ".", word: "run?", tone: "plain" }
        : { sign: " ", word: "meta", tone: "dim" };
    case "off":
      return { sign: " ", word: "", tone: "dim" };
  }
}

/** Others leave nothing in the file system. */
const lookedUpKinds: ReadonlySet<string> = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

const spinner = ["|", "/", "-", "\\"] as const;

export function liveResultOf(step: StepProgress, frame: number): StepResult {
  const result = (sign: string, word: string, tone: Tone): StepResult => ({ sign, word, tone });
  switch (step.state) {
    case "waiting":
      return result(" ", "", "dim");
    case "running":
      return result(" ", spinner[frame % spinner.length] as string, "accent");
    case "cached":
      return result("+", "hit", "added");
    case "failed":
      return result(" ", "FAIL", "error");
    case "skipped":
      return result(" ", "skip", "dim");
    case "metadata":
      return result(" ", "meta", "dim");
    case "executed":
      return step.cacheResult === "miss" ? result("!", "miss", "modified") : result(" ", "done", "plain");
  }
}
