/** The content of a file as rows: text with line numbers, bytes, or a unified difference. */

import { hasText, markFound } from "../text/find.ts";
import { showLine } from "../text/show-line.ts";
import { type Row, scrolledRow, span, type Tone } from "../text/spans.ts";
import { visibleWindow } from "../text/window.ts";
import { bytesPerRow, linesPerBlock, rowCount, type ViewerState } from "../viewer/viewer-state.ts";

const tabColumns = 8;

export function viewerRows(viewer: ViewerState, rows: number, width: number): Row[] {
  const { start, end } = visibleWindow(rowCount(viewer), viewer.top, rows);
  const numbers = Array.from({ length: end - start }, (_, at) => start + at);
  if (viewer.mode === "hex") return numbers.map(number => hexRow(viewer, number));
  if (viewer.mode === "diff")
    return numbers.map(number => scrolledRow(diffRow(viewer.diff?.[number] ?? ""), viewer.left));
  const digits = String(rowCount(viewer)).length;
  return numbers.map(number => textRow(viewer, number, digits, width));
}

function textRow(viewer: ViewerState, number: number, digits: number, width: number): Row {
  const line = viewer.content?.lines[number] ?? "";
  const coloured = viewer.blocks.get(Math.floor(number / linesPerBlock))?.[number % linesPerBlock];
  const found = viewer.find !== "" && hasText(line, viewer.find);
  const shown = found
    ? markFound([span(showLine(line))], viewer.find)
    : (coloured ?? [span(showLine(line, viewer.left + width))]);
  const isWanted = viewer.dockerfile?.line === number + 1;
  return [
    span(`${String(number + 1).padStart(digits)}${isWanted ? ">" : " "}`, isWanted ? "found" : "dim"),
    ...scrolledRow(shown, viewer.left),
  ];
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
