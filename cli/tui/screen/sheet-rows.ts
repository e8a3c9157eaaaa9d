/** A sheet as rows: all but the status lines and the footer. */

import { detailHeight, detailOf, type ListSheet, listHeight, viewOf } from "../sheets/list-views.ts";
import type { Sheet } from "../sheets/sheet.ts";
import { treemapRows } from "../sheets/treemap/treemap-rows.ts";
import { statusRowCount } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span } from "../text/spans.ts";
import { visibleWindow } from "../text/window.ts";
import type { Highlight } from "../theme.ts";

export interface SheetLine {
  readonly row: Row;
  readonly highlight: Highlight;
}

const plain = (row: Row): SheetLine => ({ row, highlight: "none" });

export function sheetLines(state: State, sheet: Sheet): readonly SheetLine[] {
  return sheet.kind === "treemap" ? treemapRows(state, sheet).map(plain) : listLines(state, sheet);
}

function listLines(state: State, sheet: ListSheet): readonly SheetLine[] {
  const { columns } = state.size;
  const view = viewOf(sheet);
  const rows = listHeight(state, statusRowCount(state));
  const total = view.count(state, sheet);
  const head = [plain(view.title(state, sheet, columns)), plain(view.heads(state, sheet, columns))];
  if (total === 0) return [...head, ...emptyRows(sheet, columns).map(plain)];
  const { start, end } = visibleWindow(total, sheet.place.top, rows);
  const list = Array.from({ length: end - start }, (_, offset): SheetLine => {
    const at = start + offset;
    const selected = at === sheet.place.cursor;
    return { row: view.row(state, sheet, at, selected, columns), highlight: selected ? "selected" : "none" };
  });
  const height = detailHeight(state);
  if (height === 0) return [...head, ...list];
  const gap = Array.from({ length: rows - list.length }, () => plain([]));
  const detail = detailOf(state, sheet, columns);
  // Of a log the end says most.
  const shown = sheet.kind === "cluster" ? [...detail.slice(0, 1), ...detail.slice(1).slice(2 - height)] : detail;
  return [...head, ...list, ...gap, plain([]), ...shown.slice(0, height - 1).map(plain)];
}

function emptyRows(sheet: ListSheet, width: number): Row[] {
  const text = sheet.error !== "" ? sheet.error : isWaiting(sheet) ? "" : viewOf(sheet).empty;
  return wrapText(text, width).map((line): Row => [span(line, sheet.error === "" ? "dim" : "error")]);
}

function isWaiting(sheet: ListSheet): boolean {
  if (sheet.kind === "timeline" || sheet.kind === "batch") return false;
  return sheet.data === null && !(sheet.kind === "compare" && sheet.one === null);
}
