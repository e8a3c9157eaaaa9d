/** Files and hits as rows. Mark, size, then the name, as its width is the least certain. */

import type { SearchMatch, SearchQuery } from "../../../lib/lab/lab.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { formatBytes, formatDelta } from "../../display/format.ts";
import type { Mark } from "../files/file-source.ts";
import type { FileRow } from "../files/flatten.ts";
import { markedPath, matchRanges } from "../text/match-ranges.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

const toneOfMark: Readonly<Record<Mark, Tone>> = {
  "+": "added",
  "~": "modified",
  "-": "deleted",
  "=": "dim",
  " ": "plain",
};

/** Deeper folders are not indented further: their names would leave the screen. */
const deepestIndent = 20;

export function fileRow(row: FileRow, selected: boolean, changesOnly: boolean): Row {
  const { item } = row;
  const fold = item.foldable ? (row.open ? "v " : "> ") : "  ";
  const size = changesOnly ? formatDelta(item.sizeBytes) : formatBytes(item.sizeBytes);
  const tone = toneOfMark[item.mark];
  return [
    span(selected ? ">" : " "),
    span(`${item.mark} `, tone),
    span(hasSize(row) ? size.padStart(9) : "".padStart(9), "dim"),
    span(` ${"  ".repeat(Math.min(row.depth, deepestIndent))}${fold}`, "dim"),
    span(showText(item.name) + (item.type === "dir" ? "/" : ""), tone),
    span(afterName(row), "dim"),
  ];
}

function hasSize({ item }: FileRow): boolean {
  return item.type === "file" || item.type === "dir";
}

function afterName({ item }: FileRow): string {
  const link = item.node?.linkTarget ?? null;
  const target = link === null ? "" : ` ${item.type === "hardlink" ? "=" : "->"} ${showText(link)}`;
  const device = ["char", "block", "fifo"].includes(item.type) ? ` (${item.type})` : "";
  const causes = item.mark === "~" && item.change ? `  ${item.change.causes.join(", ")}` : "";
  return target + device + causes;
}

const markOfMatch = { A: "+", M: "~", D: "-" } as const;

export function hitRow(match: SearchMatch, selected: boolean, stepDigits: number, query: SearchQuery): Row {
  const mark = markOfMatch[match.kind];
  const step = match.step === null ? "" : String(match.step);
  return [
    span(selected ? ">" : " "),
    span(`${mark} `, toneOfMark[mark]),
    span(`${step.padStart(stepDigits)} `, "accent"),
    span(
      match.type === "file" && match.kind !== "D" ? formatBytes(match.sizeBytes).padStart(8) : "".padStart(8),
      "dim",
    ),
    span(" "),
    ...markedPath(match.path, matchRanges(query, match.path), toneOfMark[mark]),
    span(match.type === "dir" ? "/" : "", toneOfMark[mark]),
  ];
}
