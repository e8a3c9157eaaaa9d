import { isAscii, isUtf8 } from "node:buffer";
import type { LinePattern } from "./content-query.ts";

/** Where a line begins that matches, and the match in it; all in bytes from the start of what was searched. */
export interface LineHit {
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly matchStart: number;
}

const lineFeed = 0x0a;

/**
 * Lines that match, each once, in order. The last line may be without its end.
 * @param until matches that begin here or later are left out.
 */
export function* matchingLines(bytes: Buffer, pattern: LinePattern, until: number): Generator<LineHit, void, void> {
  const hits = pattern.needle === null ? hitsOfRegex(bytes, pattern.regex!) : hitsOfNeedle(bytes, pattern);
  for (const hit of hits) {
    if (hit.matchStart >= until) return;
    yield hit;
  }
}

function* hitsOfNeedle(bytes: Buffer, { needle, regex }: LinePattern): Generator<LineHit, void, void> {
  for (let at = bytes.indexOf(needle!); at >= 0; ) {
    const [lineStart, lineEnd] = lineAround(bytes, at);
    const matchStart = regex === null ? at : matchInLine(bytes, lineStart, lineEnd, regex);
    if (matchStart >= 0) yield { lineStart, lineEnd, matchStart };
    if (lineEnd === bytes.length) return;
    at = bytes.indexOf(needle!, lineEnd + 1);
  }
}

/** @returns [start, end of the line without its line feed] */
function lineAround(bytes: Buffer, at: number): [number, number] {
  // lastIndexOf takes -1 as the last byte.
  const before = at === 0 ? -1 : bytes.lastIndexOf(lineFeed, at - 1);
  const after = bytes.indexOf(lineFeed, at);
  return [before + 1, after < 0 ? bytes.length : after];
}

/** Position of the match in the bytes, or -1. */
function matchInLine(bytes: Buffer, start: number, end: number, regex: RegExp): number {
  const line = bytes.subarray(start, end);
  const text = line.toString("utf8");
  const found = regex.exec(text);
  if (found === null) return -1;
  // Where there are bytes that are no UTF-8, places in the text are not places in the bytes.
  return isUtf8(line) ? start + Buffer.byteLength(text.slice(0, found.index)) : start;
}

/** An expression that looks around could see beyond its line. */
const looksAround = /\(\?<?[=!]/;

function* hitsOfRegex(bytes: Buffer, regex: RegExp): Generator<LineHit, void, void> {
  if (looksAround.test(regex.source)) yield* lineByLine(bytes, regex);
  else yield* inWholeText(bytes, regex);
}

function* lineByLine(bytes: Buffer, regex: RegExp): Generator<LineHit, void, void> {
  for (let lineStart = 0; lineStart < bytes.length; ) {
    const [, lineEnd] = lineAround(bytes, lineStart);
    const matchStart = matchInLine(bytes, lineStart, lineEnd, regex);
    if (matchStart >= 0) yield { lineStart, lineEnd, matchStart };
    lineStart = lineEnd + 1;
  }
}

/** The expression passes over all lines at once, which is many times faster; each line that it stops at is looked at by itself. */
function* inWholeText(bytes: Buffer, regex: RegExp): Generator<LineHit, void, void> {
  const isSameText = isAscii(bytes);
  const text = bytes.toString(isSameText ? "latin1" : "utf8");
  const everywhere = new RegExp(regex.source, `${regex.flags}gm`);
  let textAt = 0;
  let byteAt = 0;
  for (let found = everywhere.exec(text); found !== null; found = everywhere.exec(text)) {
    const textLineStart = found.index === 0 ? 0 : text.lastIndexOf("\n", found.index - 1) + 1;
    // Line ends are the same in both, whatever is between them.
    if (isSameText) byteAt = textLineStart;
    else
      for (; textAt < textLineStart; textAt = text.indexOf("\n", textAt) + 1)
        byteAt = bytes.indexOf(lineFeed, byteAt) + 1;
    textAt = textLineStart;
    const [lineStart, lineEnd] = [byteAt, lineAround(bytes, byteAt)[1]];
    const matchStart = matchInLine(bytes, lineStart, lineEnd, regex);
    if (matchStart >= 0 && lineStart < bytes.length) yield { lineStart, lineEnd, matchStart };
    const next = text.indexOf("\n", textLineStart);
    if (next < 0) return;
    everywhere.lastIndex = next + 1;
  }
}

export function countLineFeeds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < to; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}
