/** Text in columns. The last column gets what is left of the width and is cut with `…` when it does not fit. */

import stringWidth from "string-width";
import { atOnce, type Pausing, rowsPerPause } from "../../lib/pausing.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Cells are ready to show (escaped, perhaps coloured). @returns lines without line ends; the first is the header. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paintHeader: (text: string) => string = text => text,
): string[] {
  return atOnce(formingTable(columns, rows, width, paintHeader));
}

/** The same for a table that may have a million rows. */
export function* formingTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paintHeader: (text: string) => string = text => text,
): Pausing<string[]> {
  const widths = columns.map(column => column.title.length);
  for (const [at, row] of rows.entries()) {
    for (const index of columns.keys()) widths[index] = Math.max(widths[index] as number, cellWidth(row[index] ?? ""));
    if (at % rowsPerPause === 0) yield;
  }
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(12, width - before);
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        if (index === last) return column.align === "right" ? cell : cutTo(cell, room);
        return pad(cell, widths[index] as number, column.align ?? "left");
      })
      .join("  ")
      .trimEnd();
  const lines = [paintHeader(line(columns.map(column => column.title)))];
  for (const [at, row] of rows.entries()) {
    lines.push(line(row));
    if (at % rowsPerPause === 0) yield;
  }
  return lines;
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const gap = " ".repeat(Math.max(0, width - cellWidth(cell)));
  return align === "right" ? gap + cell : cell + gap;
}

function cellWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** Cuts text (without colours) to a width, `…` at the end. */
export function cutTo(text: string, width: number): string {
  if (text.length <= width && stringWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const character of text) {
    used += stringWidth(character);
    if (used > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
