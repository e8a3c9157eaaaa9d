/** The whole screen as lines, each exactly as wide as the terminal: a pure function of the state. */

import type { Region } from "../layout.ts";
import { smallest } from "../layout.ts";
import { helpRows } from "../rows/help-rows.ts";
import { viewerRows } from "../rows/viewer-rows.ts";
import { layoutFor, overlayRows } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { type Row, span } from "../text/spans.ts";
import { visibleWindow } from "../text/window.ts";
import { paintRow, type Theme } from "../theme.ts";
import { footerRow } from "./footer.ts";
import { headerRow } from "./header.ts";
import { paneLines } from "./pane-lines.ts";
import { titleOf } from "./titles.ts";
import { viewerTitle } from "./viewer-title.ts";

export function screenLines(state: State, theme: Theme): string[] {
  const { columns, rows } = state.size;
  const layout = layoutFor(state);
  if (!layout.regions) return padded(tooSmall(state), rows, columns, theme);
  const footer = paintRow(footerRow(state), columns, theme);
  if (state.helpTop !== null) return [...overlay(state, theme, helpTitle, helpContent(state)), footer];
  if (state.viewer) {
    const content = viewerRows(state.viewer, overlayRows(state), columns);
    return [...overlay(state, theme, viewerTitle(state.viewer), content), footer];
  }
  const header = [headerRow(state), ...(state.notice === "" ? [] : [[span(state.notice, "warning")]])];
  return [
    ...header.map(row => paintRow(row, columns, theme)),
    ...bodyLines(state, layout.regions, theme, layout.footerY - layout.headerRows),
    footer,
  ];
}

const helpTitle: Row = [span("KEYS", "bold"), span("   Esc closes", "dim")];

function helpContent(state: State): readonly Row[] {
  const rows = helpRows();
  const { start, end } = visibleWindow(rows.length, state.helpTop ?? 0, overlayRows(state));
  return rows.slice(start, end);
}

function overlay(state: State, theme: Theme, title: Row, content: readonly Row[]): string[] {
  return padded([title, ...content], state.size.rows - 1, state.size.columns, theme);
}

function tooSmall({ size }: State): Row[] {
  return [
    [span("This terminal is too small:")],
    [span(`${size.columns}x${size.rows}, needed ${smallest.columns}x${smallest.rows}`)],
    [span("q quits")],
  ];
}

function padded(rows: readonly Row[], count: number, columns: number, theme: Theme): string[] {
  return Array.from({ length: Math.max(1, count) }, (_, at) => paintRow(rows[at] ?? [], columns, theme));
}

/** Panes beside and below each other. Regions come in the order of their columns. */
function bodyLines(state: State, regions: readonly Region[], theme: Theme, height: number): string[] {
  const top = Math.min(...regions.map(region => region.y));
  const painted = regions.map(region => ({ region, lines: regionLines(state, region, theme) }));
  return Array.from({ length: height }, (_, at) => {
    let line = "";
    let column = 0;
    for (const { region, lines } of painted) {
      const text = lines[top + at - region.y];
      if (text === undefined) continue;
      line += " ".repeat(region.x - column) + text;
      column = region.x + region.width;
    }
    return line + " ".repeat(Math.max(0, state.size.columns - column));
  });
}

function regionLines(state: State, region: Region, theme: Theme): string[] {
  const focused = state.pane === region.pane;
  const title = paintRow([span(titleOf(state, region.pane), focused ? "focused-title" : "title")], region.width, theme);
  const lines = paneLines(state, region);
  const content = Array.from({ length: region.height - 1 }, (_, at) => {
    const line = lines[at];
    if (!line) return " ".repeat(region.width);
    const highlight = line.selected ? (focused ? "selected" : "selected-elsewhere") : "none";
    return paintRow(line.row, region.width, theme, highlight);
  });
  return [title, ...content];
}
