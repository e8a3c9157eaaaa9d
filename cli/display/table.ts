/** Text in columns. The last column gets what is left of the width and is cut with `…` when it does not fit. */

import stringWidth from "string-width";

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
  const widths = columns.map((column, index) =>
    rows.reduce((widest, row) => Math.max(widest, cellWidth(row[index] ?? "")), column.title.length),
  );
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
  return [paintHeader(line(columns.map(column => column.title))), ...rows.map(line)];
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const gap = " ".repeat(Math.max(0, width - cellWidth(cell)));
  return align === "right" ? gap + cell : cell + gap;
}

function cellWidth(text: string): number {
  return stringWidth(text);
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
