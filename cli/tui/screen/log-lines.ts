/** The log of a live build: the end of it, or where it was scrolled to; below it what went wrong. */

import { showText } from "../../../lib/model/path-text.ts";
import { type LiveState, shownLog, shownStep } from "../live/live-state.ts";
import { logTopOf } from "../state/live-reducer.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span } from "../text/spans.ts";

export function logRows(live: LiveState, rows: number, width: number): Row[] {
  const failure = failureRows(live, width).slice(0, Math.max(0, rows - 3));
  const free = rows - failure.length;
  const step = shownLog(live);
  const top = live.follow ? Math.max(0, live.log.count(step) - free) : logTopOf(live, free);
  const lines = live.log.slice(step, top, top + free).map((line): Row => [span(showLogLine(line))]);
  const rest = lines.length === 0 ? [waitingRow(live)] : lines;
  return [...rest, ...failure];
}

/** Programs draw progress bars with carriage returns and colours: the last state of the line counts. */
function showLogLine(line: string): string {
  const last = line.slice(line.lastIndexOf("\r", line.length - 2) + 1).replace(/\r$/, "");
  return showText(last.replace(/\x1b\[[\d;]*m/g, "").replaceAll("\t", "    "));
}

function waitingRow(live: LiveState): Row {
  const step = live.progress.steps[shownStep(live)];
  if (live.progress.activity !== "") return [span(showText(live.progress.activity), "dim")];
  const isOver = live.ended || (step && step.state !== "waiting" && step.state !== "running");
  return [span(isOver ? "This step printed nothing." : "Nothing printed yet.", "dim")];
}

function failureRows(live: LiveState, width: number): Row[] {
  const { failure, steps } = live.progress;
  if (!failure) return [];
  const step = steps.find(candidate => candidate.number === failure.step);
  const line = step?.line == null ? "" : `Dockerfile line ${step.line}: `;
  const code = failure.exitCode === null ? "" : ` (exit code ${failure.exitCode})`;
  return [
    [],
    ...(step ? wrapText(line + showText(step.text), width).map((text): Row => [span(text, "bold")]) : []),
    ...wrapText(showText(failure.message) + code, width).map((text): Row => [span(text, "error")]),
  ];
}
