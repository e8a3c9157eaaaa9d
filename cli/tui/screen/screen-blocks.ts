/** The whole screen as blocks of lines: a pure function of the state. */

import type { Region } from "../layout.ts";
import { smallest } from "../layout.ts";
import { helpRows } from "../rows/help-rows.ts";
import { reportRows } from "../rows/report-rows.ts";
import { viewerRows } from "../rows/viewer-rows.ts";
import { layoutFor, overlayRows, shownSheet } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { type Row, span } from "../text/spans.ts";
import { visibleWindow } from "../text/window.ts";
import { paintRow, type Theme } from "../theme.ts";
import { footerRow } from "./footer.ts";
import { headerRow } from "./header.ts";
import { paneLines } from "./pane-lines.ts";
import { reportTitle } from "./report-title.ts";
import { sheetLines } from "./sheet-rows.ts";
import { statusRows } from "./status-lines.ts";
import { titleOf } from "./titles.ts";
import { viewerTitle } from "./viewer-title.ts";
import { watchRows } from "./watch-line.ts";

/** Lines below each other, none wider than the block. Where no block has anything the screen is empty. */
export interface ScreenBlock {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly lines: readonly string[];
}

export function screenBlocks(state: State, theme: Theme): ScreenBlock[] {
  const { columns, rows } = state.size;
  const layout = layoutFor(state);
  const wide = (y: number, content: readonly Row[]): ScreenBlock => ({
    x: 0,
    y,
    width: columns,
    lines: content.map(row => paintRow(row, columns, theme)),
  });
  if (!layout.regions) return [wide(0, tooSmall(state).slice(0, Math.max(1, rows)))];
  const footer = wide(layout.footerY, [footerRow(state)]);
  if (state.helpTop !== null) return [wide(0, [helpTitle, ...helpContent(state)]), footer];
  if (state.report) {
    const content = reportRows(state.report, overlayRows(state), columns);
    return [wide(0, [reportTitle(state.report, columns), ...content]), footer];
  }
  if (state.viewer) {
    const content = viewerRows(state.viewer, overlayRows(state), columns);
    return [wide(0, [viewerTitle(state.viewer), ...content]), ...statusBlocks(state, layout.footerY, wide), footer];
  }
  const sheet = shownSheet(state);
  if (sheet) {
    const lines = sheetLines(state, sheet).map(({ row, highlight }) => paintRow(row, columns, theme, highlight));
    return [{ x: 0, y: 0, width: columns, lines }, ...statusBlocks(state, layout.footerY, wide), footer];
  }
  const header = [
    headerRow(state),
    ...watchRows(state),
    ...(state.notice === "" ? [] : [[span(state.notice, "warning")]]),
  ];
  return [
    wide(0, header),
    ...layout.regions.map(region => paneBlock(state, region, theme)),
    ...statusBlocks(state, layout.footerY, wide),
    footer,
  ];
}

function statusBlocks(
  state: State,
  footerY: number,
  wide: (y: number, content: readonly Row[]) => ScreenBlock,
): ScreenBlock[] {
  const rows = statusRows(state);
  return rows.length === 0 ? [] : [wide(footerY - rows.length, rows)];
}

const helpTitle: Row = [span("KEYS", "bold"), span("   Esc closes", "dim")];

function helpContent(state: State): readonly Row[] {
  const rows = helpRows(state.size.columns);
  const { start, end } = visibleWindow(rows.length, state.helpTop ?? 0, overlayRows(state));
  return rows.slice(start, end);
}

function tooSmall({ size }: State): Row[] {
  return [
    [span("This terminal is too small:")],
    [span(`${size.columns}x${size.rows}, needed ${smallest.columns}x${smallest.rows}`)],
    [span("q quits")],
  ];
}

function paneBlock(state: State, region: Region, theme: Theme): ScreenBlock {
  const { x, y, width } = region;
  const focused = state.pane === region.pane;
  const title = paintRow([span(titleOf(state, region.pane), focused ? "focused-title" : "title")], width, theme);
  const content = paneLines(state, region).slice(0, region.height - 1);
  const lines = content.map(({ row, selected }) =>
    paintRow(row, width, theme, selected ? (focused ? "selected" : "selected-elsewhere") : "none"),
  );
  return { x, y, width, lines: [title, ...lines] };
}
