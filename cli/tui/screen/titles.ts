/** The titles of the panes: what is listed, how much of it, and in which way. */

import { showText } from "../../../lib/model/path-text.ts";
import { formatBytes, formatDelta } from "../../display/format.ts";
import type { PaneName } from "../layout.ts";
import { shownStep } from "../live/live-state.ts";
import { buildTitles } from "../rows/build-rows.ts";
import { comparisonOf, selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";

export function titleOf(state: State, pane: PaneName): string {
  switch (pane) {
    case "steps":
      return `STEPS ${stepPosition(state)}`;
    case "files":
      return state.search?.listed ? hitsTitle(state) : filesTitle(state);
    case "detail":
      return "DETAIL";
    case "why":
      return whyTitle(state);
    case "log":
      return logTitle(state);
    case "builds":
      return buildTitles;
  }
}

function stepPosition(state: State): string {
  const live = state.place === "live" ? state.live : null;
  const total = live ? live.progress.steps.length : (state.target?.steps.length ?? 0);
  if (total === 0) return "";
  return `${(live ? shownStep(live) : state.steps.cursor) + 1}/${total}`;
}

function filesTitle(state: State): string {
  const { files } = state;
  const step = selectedStep(state);
  if (!step) return "FILES";
  const what = `FILES ${comparedText(state)}`;
  if (files.loading || !files.source) return `${what}  ${files.error === "" ? ".." : ""}`;
  const { source } = files;
  const sorted = files.sort === "size" ? "  by size" : "";
  const comparison = comparisonOf(state);
  const other = comparison?.from && comparison.from.target !== comparison.to.target ? comparison.from.target : null;
  const base = other ? `  of ${showText(other.name)}` : "";
  if (!source.counts) return `${what}  tree  ${formatBytes(source.sizeBytes)}${sorted}`;
  return `${what}  ${countsText(state)}  ${formatDelta(source.sizeBytes)}${base}${sorted}`;
}

function comparedText(state: State): string {
  const comparison = comparisonOf(state);
  if (!comparison) return "";
  const { from, to, chosen } = comparison;
  if (!chosen || !from) return `step ${to.step.number}`;
  return `step ${to.step.number} vs ${from.step.number}`;
}

/** Hidden kinds stand in brackets. */
function countsText({ files }: State): string {
  const counts = files.source?.counts;
  if (!counts) return "";
  const part = (sign: string, count: number, shown: boolean) => (shown ? `${sign}${count}` : `(${sign}${count})`);
  return [
    part("+", counts.added, files.kinds.added),
    part("~", counts.modified, files.kinds.modified),
    part("-", counts.deleted, files.kinds.deleted),
    ...(counts.rewritten > 0 ? [part("=", counts.rewritten, files.kinds.rewritten)] : []),
  ].join(" ");
}

function hitsTitle({ search }: State): string {
  if (!search) return "HITS";
  const count = `${search.matches.length}${search.truncated ? "+" : ""}`;
  return `HITS ${count}${search.running ? " .." : ""}  /${showText(search.query.text)}  ${search.query.mode}`;
}

function whyTitle(state: State): string {
  const number =
    state.place === "live" ? state.live?.progress.steps[shownStep(state.live)]?.number : selectedStep(state)?.number;
  return `WHY${number === undefined ? "" : ` step ${number}`}`;
}

function logTitle({ live }: State): string {
  const step = live?.progress.steps[shownStep(live)];
  if (!live || !step) return "LOG";
  const dropped = live.log.dropped(step.number);
  const older = dropped > 0 ? `  (${dropped} older lines dropped)` : "";
  return `LOG step ${step.number}${live.follow ? "" : "  frozen: F follows"}${older}`;
}
