/** The sheets that are lists, and what they show of the screen. Pure. */

import type { State } from "../state/state.ts";
import type { Row } from "../text/spans.ts";
import { batchSheetView } from "./batch/batch-sheet-view.ts";
import { cacheView } from "./cache/cache-view.ts";
import { clusterView } from "./cluster/cluster-view.ts";
import { compareView } from "./compare/compare-view.ts";
import type { ListView } from "./list-view.ts";
import type { Sheet, TreemapSheet } from "./sheet.ts";
import { timelineView } from "./timeline/timeline-view.ts";

export type ListSheet = Exclude<Sheet, TreemapSheet>;

const views = {
  compare: compareView,
  timeline: timelineView,
  cache: cacheView,
  cluster: clusterView,
  batch: batchSheetView,
};

export function viewOf(sheet: ListSheet): ListView<ListSheet> {
  // Each is given sheets of its own kind only.
  return views[sheet.kind] as unknown as ListView<ListSheet>;
}

/** Rows below the list. */
export function detailHeight({ size: { rows }, sheet }: State): number {
  if (rows < 18) return 0;
  return sheet?.kind === "cluster" ? Math.floor(rows * 0.45) : Math.min(10, Math.floor(rows * 0.25));
}

/** Title, heads, footer and the command take their rows. @param statusRows above the footer */
export function listHeight(state: State, statusRows: number): number {
  return Math.max(1, state.size.rows - 3 - statusRows - detailHeight(state));
}

export function countOf(state: State, sheet: Sheet): number {
  return sheet.kind === "treemap" ? 0 : viewOf(sheet).count(state, sheet);
}

export function detailOf(state: State, sheet: ListSheet, width: number): readonly Row[] {
  return viewOf(sheet).detail(state, sheet, width);
}
