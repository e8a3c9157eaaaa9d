/** Many builds at once: what each is doing, and when it ran. */

import { showText } from "../../../../lib/model/path-text.ts";
import { formatBytes, formatDuration } from "../../../display/format.ts";
import type { BatchItemView } from "../../live/batch-view.ts";
import { cutText, wrapText } from "../../text/cells.ts";
import { type Row, span, type Tone } from "../../text/spans.ts";
import type { ListView } from "../list-view.ts";
import type { BatchSheet } from "../sheet.ts";

export const batchSheetView: ListView<BatchSheet> = {
  title({ batch }) {
    if (batch === null) return [span("BUILDS", "focused-title")];
    const ended = batch.items.filter(({ outcome }) => outcome !== null);
    const failed = ended.filter(({ outcome }) => outcome?.status !== "succeeded").length;
    return [
      span("BUILDS ", "focused-title"),
      span(`${ended.length} of ${batch.items.length} ended`, "bold"),
      span(failed === 0 ? "" : `  ${failed} not built`, "error"),
      span(`  ${formatDuration(batch.nowMs - batch.startedMs)}`, "dim"),
    ];
  },
  heads: () => [span("  STATUS     STEPS  CACHED     TIME  WHEN        CONTEXT", "title")],
  count: ({ batch }) => batch?.items.length ?? 0,
  row({ batch }, _, at, selected, width) {
    const item = batch?.items[at];
    if (!batch || !item) return [];
    const { word, tone } = stateOf(item);
    const steps = item.live?.progress.steps ?? [];
    const done = steps.filter(({ state }) => state !== "waiting" && state !== "running").length;
    const cached = steps.filter(({ state }) => state === "cached").length;
    const timeMs = item.startedMs === null ? null : (item.endedMs ?? batch.nowMs) - item.startedMs;
    return [
      span(selected ? "> " : "  "),
      span(word.padEnd(10), tone),
      span((steps.length === 0 ? "" : `${done}/${steps.length}`).padStart(6)),
      span((cached === 0 ? "" : String(cached)).padStart(8), "added"),
      span(formatDuration(timeMs).padStart(9), "dim"),
      span("  "),
      ...whenBar(item, batch, width >= 110 ? 30 : 10),
      span(`  ${showText(item.name)}`),
      span(`  ${doingOf(item)}`, "dim"),
    ];
  },
  detail({ batch }, { place }, width) {
    const item = batch?.items[place.cursor];
    if (!item) return [];
    const { outcome } = item;
    const facts = outcome?.build ? `${outcome.build}  ${outcome.layers} layers  ${formatBytes(outcome.sizeBytes)}` : "";
    return [
      [span(showText(outcome?.context.folder ?? item.name), "bold"), span(facts === "" ? "" : `  ${facts}`, "dim")],
      ...wrapText(showText(outcome?.failure ?? doingOf(item)), width).map(
        (line): Row => [span(line, outcome?.failure ? "error" : "plain")],
      ),
    ];
  },
  empty: "No builds run here: kaniko-lab build --all DIR --tui shows many.",
};

function stateOf({ outcome, live }: BatchItemView): { word: string; tone: Tone } {
  if (outcome === null) return live === null ? { word: "waiting", tone: "dim" } : { word: "running", tone: "accent" };
  switch (outcome.status) {
    case "succeeded":
      return { word: "built", tone: "added" };
    case "failed":
      return { word: "FAILED", tone: "error" };
    default:
      return { word: outcome.status, tone: "warning" };
  }
}

/** The step that runs, or what happens between steps. */
function doingOf({ live, outcome }: BatchItemView): string {
  if (outcome) return cutText(showText(outcome.failure ?? ""), 60);
  if (live === null) return "";
  const { steps, current, activity } = live.progress;
  return cutText(showText(steps.find(({ number }) => number === current)?.text ?? activity), 60);
}

function whenBar(item: BatchItemView, batch: { startedMs: number; nowMs: number }, width: number): Row {
  const total = Math.max(1, batch.nowMs - batch.startedMs);
  if (item.startedMs === null) return [span(" ".repeat(width))];
  const columnOf = (ms: number) => Math.min(width - 1, Math.floor(((ms - batch.startedMs) / total) * width));
  const from = columnOf(item.startedMs);
  const to = Math.max(from + 1, columnOf(item.endedMs ?? batch.nowMs) + 1);
  return [
    span(" ".repeat(from)),
    span("=".repeat(to - from), stateOf(item).tone),
    span(" ".repeat(Math.max(0, width - to))),
  ];
}
