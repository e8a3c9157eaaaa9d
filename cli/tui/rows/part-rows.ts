/** The parts of a key beside those of the other build's, as rows. */

import { maskAssignments } from "../../../lib/build/secrets.ts";
import type { PartRow } from "../../../lib/explain/part-table.ts";
import { wordChanges } from "../../../lib/explain/word-diff.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { cellWidth, cutText, wrapText } from "../text/cells.ts";
import { type Row, span, type Tone } from "../text/spans.ts";
import { clamp } from "../text/window.ts";

export interface Sides {
  readonly key: string | null;
  readonly otherKey: string | null;
  /** Or why they are not known. */
  readonly parts: readonly PartRow[] | string;
  /** Heads of the columns. */
  readonly titles: readonly [this: string, other: string];
  /** There is another build to compare with. */
  readonly hasOther: boolean;
}

const signColumns = 2;

/** `= ~ + -` in front: the same, another value, only here, only there. */
export function partRows({ key, otherKey, parts, titles, hasOther }: Sides, width: number): Row[] {
  const columns = hasOther ? 2 : 1;
  const valueWidth = clamp(Math.floor((width - signColumns) * 0.3), 9, 40);
  const nameWidth = Math.max(6, width - signColumns - columns * (valueWidth + 1));
  const short = (value: string | null) => shortHash(value, valueWidth);
  const cell = (text: string | null, tone: Tone) => span(` ${padded(text ?? "-", valueWidth)}`, tone);
  const line = (sign: string, name: string, values: readonly (string | null)[], tone: Tone): Row => [
    span(`${sign} `, tone),
    span(padded(name, nameWidth), tone === "added" || tone === "deleted" ? tone : "plain"),
    ...values.slice(0, columns).map(value => cell(value, tone)),
  ];
  const isOtherKey = hasOther && otherKey !== null && key !== null && key !== otherKey;
  const keyTone: Tone = isOtherKey ? "modified" : "plain";
  const head = line(" ", "part", titles, "dim");
  const keyRow = line(
    isOtherKey ? "~" : hasOther && key !== null && key === otherKey ? "=" : " ",
    "key",
    [short(key), short(otherKey)],
    keyTone,
  );
  if (typeof parts === "string") {
    const told = wrapText(parts, Math.max(10, width)).map((text): Row => [span(text, "dim")]);
    return [head, keyRow, [], ...told];
  }
  const rows = parts.map(part => {
    const { sign, tone } = hasOther ? markOf(part) : { sign: " ", tone: "plain" as const };
    return line(sign, nameOf(part), [short(part.after), short(part.before)], tone);
  });
  return [head, keyRow, ...rows, ...textDiff(parts, hasOther, width)];
}

function markOf({ before, after, differs }: PartRow): { sign: string; tone: Tone } {
  if (!differs) return { sign: "=", tone: "dim" };
  if (before === null) return { sign: "+", tone: "added" };
  return after === null ? { sign: "-", tone: "deleted" } : { sign: "~", tone: "modified" };
}

function nameOf({ kind, name }: PartRow): string {
  switch (kind) {
    case "base":
      return `base ${showText(name)}`.trim();
    case "count":
      return "variables";
    case "instruction":
      return "text";
    case "folder":
      return name === "" ? "the context" : `${showText(name)}/`;
    case "file":
      return name === "" ? "a file" : showText(name);
    default:
      return showText(name);
  }
}

const shortLength = 12;

/** Digests and hashes by their start; anything else as it is. */
function shortHash(value: string | null, most: number): string | null {
  if (value === null) return null;
  const hex = /^(?:sha256:)?([0-9a-f]{32,})$/.exec(value)?.[1];
  return hex === undefined ? showText(maskAssignments(value.slice(0, 400))) : hex.slice(0, Math.min(shortLength, most));
}

function padded(text: string, width: number): string {
  const cut = cutText(text, width);
  return cut + " ".repeat(Math.max(0, width - cellWidth(cut)));
}

/** The instruction as it was and as it is, word by word where it changed. */
function textDiff(parts: readonly PartRow[], hasOther: boolean, width: number): Row[] {
  const text = parts.find(({ kind }) => kind === "instruction");
  if (text === undefined || !hasOther || !text.differs || text.before === null || text.after === null) return [];
  const [before, after] = [maskAssignments(text.before), maskAssignments(text.after)];
  const changes = wordChanges(before, after);
  const side = (kept: "removed" | "added", marks: readonly [string, string]) =>
    changes
      .filter(({ kind }) => kind === "same" || kind === kept)
      .map(change => (change.kind === "same" ? change.text : marks[0] + change.text + marks[1]))
      .join("");
  const lines = (sign: string, shown: string, tone: Tone): Row[] =>
    wrapText(showText(shown), Math.max(10, width - signColumns)).map((part, at) => [
      span(`${at === 0 ? sign : " "} ${part}`, tone),
    ]);
  return [
    [],
    [span("text", "dim")],
    ...lines("-", side("removed", ["[-", "-]"]), "deleted"),
    ...lines("+", side("added", ["{+", "+}"]), "added"),
  ];
}
