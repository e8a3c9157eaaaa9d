/** Finding a text in lines. Lower-case letters find capitals too; a capital means exactly that. */

import { type Row, type Span, span, textOf } from "./spans.ts";

export function hasText(line: string, text: string): boolean {
  return positionIn(line, text) >= 0;
}

function positionIn(line: string, text: string): number {
  return (text === text.toLowerCase() ? line.toLowerCase() : line).indexOf(text);
}

export interface FindFrom {
  readonly total: number;
  /** The line to begin at. */
  readonly from: number;
  readonly by: 1 | -1;
  /** Whether the line at `from` counts, too. */
  readonly isNew: boolean;
}

/** The next line (or the one before) with the text, around the end; null when there is none. */
export function findLine(
  lineAt: (at: number) => string,
  text: string,
  { total, from, by, isNew }: FindFrom,
): number | null {
  for (let step = isNew ? 0 : 1; step <= total; step += 1) {
    const at = (from + by * step + total * 2) % total;
    if (hasText(lineAt(at), text)) return at;
  }
  return null;
}

/** The row with the first place of the text marked; as a whole where escaping has changed what was found. */
export function markFound(row: Row, text: string): Row {
  const shown = textOf(row);
  const from = positionIn(shown, text);
  if (from < 0) return [span(shown, "found")];
  const to = from + text.length;
  let start = 0;
  return row.flatMap((piece): Span[] => {
    const part = (low: number, high: number) => piece.text.slice(Math.max(0, low - start), Math.max(0, high - start));
    const pieces = [
      { ...piece, text: part(0, from) },
      { text: part(from, to), tone: "found" as const },
      { ...piece, text: part(to, Number.POSITIVE_INFINITY) },
    ];
    start += piece.text.length;
    return pieces.filter(({ text: inside }) => inside !== "");
  });
}
