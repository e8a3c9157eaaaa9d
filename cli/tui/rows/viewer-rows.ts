/** The content of a file as rows: text with line numbers, bytes, or a unified difference. */

import { showText } from "../../../lib/model/path-text.ts";
import { takeCells } from "../text/cells.ts";
import { type Row, span, type Tone } from "../text/spans.ts";
import { visibleWindow } from "../text/window.ts";
import { bytesPerRow, linesPerBlock, rowCount, type ViewerState } from "../viewer/viewer-state.ts";

const tabColumns = 8;

export function viewerRows(viewer: ViewerState, rows: number, width: number): Row[] {
  const { start, end } = visibleWindow(rowCount(viewer), viewer.top, rows);
  const numbers = Array.from({ length: end - start }, (_, at) => start + at);
  if (viewer.mode === "hex") return numbers.map(number => hexRow(viewer, number));
  if (viewer.mode === "diff") return numbers.map(number => scrolled(diffRow(viewer.diff?.[number] ?? ""), viewer.left));
  const digits = String(rowCount(viewer)).length;
  return numbers.map(number => textRow(viewer, number, digits, width));
}

function textRow(viewer: ViewerState, number: number, digits: number, width: number): Row {
  const line = viewer.content?.lines[number] ?? "";
  const coloured = viewer.blocks.get(Math.floor(number / linesPerBlock))?.[number % linesPerBlock];
  const found = viewer.find !== "" && hasText(line, viewer.find);
  const shown = found ? markFound(line, viewer.find) : (coloured ?? [span(showLine(line, viewer.left + width))]);
  return [span(`${String(number + 1).padStart(digits)} `, "dim"), ...scrolled(shown, viewer.left)];
}

/** A line of a file as it may be shown: tabs as spaces, everything else that is no letter escaped. */
export function showLine(line: string, mostCells = 4000): string {
  let shown = "";
  for (const [at, part] of line.slice(0, mostCells).split("\t").entries()) {
    if (at > 0) shown += " ".repeat(tabColumns - (shown.length % tabColumns));
    shown += showText(part);
  }
  return shown;
}

function hasText(line: string, text: string): boolean {
  return text === text.toLowerCase() ? line.toLowerCase().includes(text) : line.includes(text);
}

function markFound(line: string, text: string): Row {
  const shown = showLine(line);
  const at = (text === text.toLowerCase() ? shown.toLowerCase() : shown).indexOf(text);
  if (at < 0) return [span(shown, "found")];
  return [
    span(shown.slice(0, at)),
    span(shown.slice(at, at + text.length), "found"),
    span(shown.slice(at + text.length)),
  ];
}

/** Without its first `left` columns. */
function scrolled(row: Row, left: number): Row {
  let skip = left;
  if (skip === 0) return row;
  return row.map(piece => {
    const gone = takeCells(piece.text, skip);
    skip -= gone.length;
    return { ...piece, text: piece.text.slice(gone.length) };
  });
}

/** The lines come escaped already. */
function diffRow(line: string): Row {
  return [span(line.replaceAll("\t", " ".repeat(tabColumns)), toneOfDiffLine(line))];
}

function toneOfDiffLine(line: string): Tone {
  if (line.startsWith("@@")) return "accent";
  if (/^(?:---|\+\+\+|===)/.test(line)) return "bold";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "deleted" : "plain";
}

function hexRow({ content }: ViewerState, number: number): Row {
  if (!content) return [];
  const from = number * bytesPerRow;
  const bytes = content.bytes.subarray(from, Math.min(from + bytesPerRow, content.byteCount));
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, "0"));
  const columns = `${hex.slice(0, 8).join(" ").padEnd(24)} ${hex.slice(8).join(" ").padEnd(24)}`;
  const letters = Array.from(bytes, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  return [span(`${from.toString(16).padStart(8, "0")}  `, "dim"), span(columns), span(letters, "accent")];
}
