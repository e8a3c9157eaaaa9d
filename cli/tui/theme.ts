/** From meanings to the 16 ANSI colours. Without colours the attributes (bold, dim, inverse) stay, and every meaning has a sign of its own anyway. */

import { cellWidth, cutMark, takeCells } from "./text/cells.ts";
import type { Row, Tone } from "./text/spans.ts";
import type { ThemeName } from "./theme-names.ts";

export interface Theme {
  readonly sgr: Readonly<Record<Tone, string>>;
}

const attributes: Readonly<Record<Tone, string>> = {
  plain: "",
  dim: "2",
  bold: "1",
  accent: "",
  added: "",
  modified: "",
  deleted: "",
  warning: "1",
  error: "1",
  title: "2",
  "focused-title": "1",
  found: "4",
  keyword: "",
  string: "",
  number: "",
  comment: "2",
  name: "",
};

const colours: Partial<Record<Tone, string>> = {
  accent: "36",
  added: "32",
  modified: "33",
  deleted: "31",
  warning: "33",
  error: "1;31",
  "focused-title": "1;36",
  found: "1;4;33",
  keyword: "35",
  string: "32",
  number: "36",
  name: "34",
};

/** On white the bright colours, yellow and cyan cannot be read. */
const onWhite: Partial<Record<Tone, string>> = {
  accent: "34",
  modified: "35",
  warning: "1;35",
  "focused-title": "1;34",
  found: "1;4;31",
  number: "34",
  name: "35",
};

export const themes: Readonly<Record<ThemeName, Theme>> = {
  "no-colour": { sgr: attributes },
  default: { sgr: { ...attributes, ...colours } },
  light: { sgr: { ...attributes, ...colours, ...onWhite } },
  // Blue, yellow and magenta are told apart with any common form of colour blindness.
  "colour-blind": { sgr: { ...attributes, ...colours, added: "94", deleted: "35", string: "94" } },
};

export type Highlight = "none" | "selected" | "selected-elsewhere";

/** One row as a string with SGR codes, exactly `width` columns: cut with a mark or padded with spaces. */
export function paintRow(row: Row, width: number, theme: Theme, highlight: Highlight = "none"): string {
  const pieces = fitRow(row, width, highlight === "selected");
  if (highlight === "selected") return `\x1b[7m${pieces.map(piece => piece.text).join("")}\x1b[27m`;
  const painted = pieces.map(({ text, tone }) => {
    const code = highlight === "selected-elsewhere" && tone === "plain" ? theme.sgr.bold : theme.sgr[tone];
    return code === "" || text === "" ? text : `\x1b[${code}m${text}\x1b[0m`;
  });
  return painted.join("");
}

/** @param fill with spaces to the whole width. */
function fitRow(row: Row, width: number, fill: boolean): Row {
  const fitted: { text: string; tone: Tone }[] = [];
  let used = 0;
  for (const { text, tone } of row) {
    const cells = text.length > width * 16 ? width + 1 : cellWidth(text);
    if (used + cells > width) return cutRow([...fitted, { text, tone }], width);
    fitted.push({ text, tone });
    used += cells;
  }
  if (fill && used < width) fitted.push({ text: " ".repeat(width - used), tone: "plain" });
  return fitted;
}

/** `row` is wider than `width`. */
function cutRow(row: Row, width: number): Row {
  const mark = cutMark.slice(0, width);
  const fitted: { text: string; tone: Tone }[] = [];
  let free = width - mark.length;
  let lastTone: Tone = "plain";
  for (const { text, tone } of row) {
    const taken = takeCells(text, free);
    free -= cellWidth(taken);
    fitted.push({ text: taken, tone });
    lastTone = tone;
    if (taken.length < text.length) break;
  }
  // A wide character may leave one column over.
  fitted.push({ text: " ".repeat(free) + mark, tone: lastTone });
  return fitted;
}
