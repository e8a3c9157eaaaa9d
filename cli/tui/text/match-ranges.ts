/** Which characters of a path a search has found. Pure. */

import type { SearchQuery } from "../../../lib/lab/lab.ts";
import { FuzzyPattern } from "../../../lib/layer/fuzzy-pattern.ts";
import { literalOfGlob } from "../../../lib/layer/pattern-literals.ts";
import { bytesOfPath, showText } from "../../../lib/model/path-text.ts";
import { type Span, span, type Tone } from "./spans.ts";

/** Positions in the text, in UTF-16 units; the end is left out. */
export interface FoundRange {
  readonly from: number;
  readonly to: number;
}

/** In order, none touching the next; empty where it cannot be told. */
export function matchRanges(query: SearchQuery, path: string): readonly FoundRange[] {
  switch (query.mode) {
    case "substring":
      return textRange(query.text.replace(/^\/(?=.)/, ""), query.ignoreCase, path);
    case "glob":
      return textRange(literalOfGlob(query.text), query.ignoreCase, path);
    case "regex":
      return regexRange(query, path);
    case "fuzzy":
      return fuzzyRanges(query, path);
  }
}

function textRange(text: string, ignoreCase: boolean, path: string): readonly FoundRange[] {
  if (text === "") return [];
  const from = ignoreCase ? path.toLowerCase().lastIndexOf(text.toLowerCase()) : path.lastIndexOf(text);
  return from < 0 ? [] : [{ from, to: Math.min(path.length, from + text.length) }];
}

function regexRange({ text, ignoreCase }: SearchQuery, path: string): readonly FoundRange[] {
  try {
    const found = new RegExp(text, ignoreCase ? "iu" : "u").exec(path);
    return found === null || found[0] === "" ? [] : [{ from: found.index, to: found.index + found[0].length }];
  } catch {
    // While it is typed it is often none yet.
    return [];
  }
}

function fuzzyRanges({ text, ignoreCase }: SearchQuery, path: string): readonly FoundRange[] {
  if (text.trim() === "") return [];
  const positions = new FuzzyPattern(text, ignoreCase).positions(bytesOfPath(path)) ?? [];
  const placeOf = placesOfBytes(path);
  const ranges: { from: number; to: number }[] = [];
  for (const position of positions) {
    const { from, to } = placeOf(position);
    const last = ranges.at(-1);
    if (last && from <= last.to) last.to = Math.max(to, last.to);
    else ranges.push({ from, to });
  }
  return ranges;
}

/** From a byte of the path to the character that it belongs to. */
function placesOfBytes(path: string): (byte: number) => FoundRange {
  if (/^[\x00-\x7f]*$/.test(path)) return byte => ({ from: byte, to: byte + 1 });
  const places: FoundRange[] = [];
  let from = 0;
  for (const character of path) {
    const to = from + character.length;
    for (let left = bytesOfPath(character).length; left > 0; left -= 1) places.push({ from, to });
    from = to;
  }
  return byte => places[byte] ?? { from: path.length, to: path.length };
}

/** The path as it is shown, what was found marked. */
export function markedPath(path: string, ranges: readonly FoundRange[], tone: Tone): readonly Span[] {
  if (ranges.length === 0) return [span(showText(path), tone)];
  const spans: Span[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    if (from > at) spans.push(span(showText(path.slice(at, from)), tone));
    spans.push(span(showText(path.slice(from, to)), "found"));
    at = to;
  }
  if (at < path.length) spans.push(span(showText(path.slice(at)), tone));
  return spans;
}
