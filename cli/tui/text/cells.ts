/** How many columns a text takes in a terminal, and cutting it there. Plain ASCII, by far the most, is measured by its length. */

import stringWidth from "string-width";

const printableAscii = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Shown where a text was cut. ASCII, as any other character makes a line slow to measure. */
export const cutMark = "..";

export function cellWidth(text: string): number {
  return printableAscii.test(text) ? text.length : stringWidth(text);
}

/** The longest beginning of `text` that fits into `cells` columns. */
export function takeCells(text: string, cells: number): string {
  if (cells <= 0) return "";
  // No terminal shows more than a few code units in one column: this bounds the work for very long lines.
  const near = text.length > cells * 16 ? text.slice(0, cells * 16) : text;
  if (printableAscii.test(near)) return near.slice(0, cells);
  let used = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(near)) {
    used += stringWidth(segment);
    if (used > cells) break;
    end = index + segment.length;
  }
  return near.slice(0, end);
}

/** `text` in at most `cells` columns, with a mark where it was cut. */
export function cutText(text: string, cells: number): string {
  if (text.length <= cells * 16 && cellWidth(text) <= cells) return text;
  return cells <= cutMark.length ? takeCells(text, cells) : takeCells(text, cells - cutMark.length) + cutMark;
}

/** Lines of at most `cells` columns, broken at spaces where there are some. */
export function wrapText(text: string, cells: number): string[] {
  const lines: string[] = [];
  let rest = text;
  const width = Math.max(1, cells);
  while (rest !== "") {
    const fitting = takeCells(rest, width) || (rest[0] as string);
    if (fitting.length === rest.length) {
      lines.push(rest);
      break;
    }
    const space = rest[fitting.length] === " " ? fitting.length : fitting.lastIndexOf(" ");
    const end = space > width / 3 ? space : fitting.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^ /, "");
  }
  return lines.length === 0 ? [""] : lines;
}
