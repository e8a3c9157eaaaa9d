/** What rows are made of: pieces of text with a meaning. Colours come later, from the theme. */

import { cellWidth, takeCells } from "./cells.ts";

export type Tone =
  | "plain"
  | "dim"
  | "bold"
  | "accent"
  | "added"
  | "modified"
  | "deleted"
  | "warning"
  | "error"
  | "title"
  | "focused-title"
  | "found"
  | "keyword"
  | "string"
  | "number"
  | "comment"
  | "name";

export interface Span {
  /** Safe for the screen: what comes from outside went through `showText`. */
  readonly text: string;
  readonly tone: Tone;
}

export type Row = readonly Span[];

export function span(text: string, tone: Tone = "plain"): Span {
  return { text, tone };
}

export function textOf(row: Row): string {
  return row.map(piece => piece.text).join("");
}

/** Without its first `left` columns. */
export function scrolledRow(row: Row, left: number): Row {
  let skip = left;
  if (skip === 0) return row;
  return row.map(piece => {
    const gone = takeCells(piece.text, skip);
    skip -= cellWidth(gone);
    return { ...piece, text: piece.text.slice(gone.length) };
  });
}
