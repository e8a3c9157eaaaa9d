/** What a pane says when it has nothing to list: loading, nothing, or what went wrong. */

import type { Step } from "../../../lib/model/build.ts";
import { failureText } from "../rows/detail-rows.ts";
import { columnsOf, selectedStep, shownMode } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

function lines(text: string, width: number, tone: Tone = "dim"): Row[] {
  return wrapText(text, width).map((line): Row => [span(line, tone)]);
}

export function emptySteps(state: State): Row[] {
  const text = state.target ? "No steps." : "Opening ..";
  return lines(text, columnsOf(state, "steps"));
}

export function emptyFiles(state: State): Row[] {
  const width = columnsOf(state, "files");
  const { files } = state;
  if (files.error !== "") return lines(files.error, width, "error");
  if (files.loading) return lines("Reading ..", width);
  const step = selectedStep(state);
  if (!step || !files.source) return [];
  if (files.source.total === 0 && state.base) return lines("No differences.", width);
  if (files.source.total === 0 && step.status === "failed") return failed(state, step, width);
  if (files.source.total === 0 && step.status === "skipped")
    return lines("This step was not run. t shows the whole tree.", width);
  if (files.source.total === 0)
    return lines(`${step.instruction || "This step"} changed no files. t shows the whole tree.`, width);
  return shownMode(state) === "changes" ? lines("Every change is hidden: + ~ - = show them.", width) : [];
}

/** What went wrong, and where to look next. */
function failed({ target }: State, { number }: Step, width: number): Row[] {
  const failure = target?.build?.failure;
  return [
    ...lines("This step failed.", width, "error"),
    ...(failure?.step === number ? lines(failureText(failure), width, "error") : []),
    [],
    ...lines("o shows its line in the Dockerfile, :replay the log of the build, t the tree before it.", width),
  ];
}

export function emptyHits(state: State): Row[] {
  const text = state.search?.running ? "Searching .." : "No hits. Esc closes the search.";
  return lines(text, columnsOf(state, "files"));
}
