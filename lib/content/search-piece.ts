import { isAscii, isUtf8 } from "node:buffer";
import type { LinePattern } from "./content-query.ts";

/** Where a line begins that matches, and the match in it; all in bytes from the start of what was searched. */
export interface LineHit {
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly matchStart: number;
}

const lineFeed = 0x0a;

/** How bytes become text: in Latin 1 each is one character, so that places are the same in both, and it costs next to nothing. */
type Encoding = "latin1" | "utf8";

/**
 * Lines that match, each once, in order. The last line may be without its end.
 * @param until matches that begin here or later are left out.
 */
export function* matchingLines(
  bytes: Buffer,
  pattern: LinePattern,
  until: number,
  isBinary: boolean,
): Generator<LineHit, void, void> {
  const hits = pattern.needle === null ? hitsOfRegex(bytes, pattern, isBinary) : hitsOfNeedle(bytes, pattern, isBinary);
  for (const hit of hits) {
    if (hit.matchStart >= until) return;
    yield hit;
  }
}

function encodingOf(bytes: Buffer, pattern: LinePattern, isBinary: boolean): Encoding {
  if (pattern.forBytes) return "latin1";
  return (isBinary && pattern.isAscii) || isAscii(bytes) ? "latin1" : "utf8";
}

function* hitsOfNeedle(bytes: Buffer, pattern: LinePattern, isBinary: boolean): Generator<LineHit, void, void> {
  const { needle, regex } = pattern;
  for (let at = bytes.indexOf(needle!); at >= 0; ) {
    const [lineStart, lineEnd] = lineAround(bytes, at);
    const line = bytes.subarray(lineStart, lineEnd);
    const inLine = regex === null ? at - lineStart : matchInLine(line, regex, encodingOf(line, pattern, isBinary));
    if (inLine >= 0) yield { lineStart, lineEnd, matchStart: lineStart + inLine };
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

/** Place of the match in the line's bytes, or -1. */
function matchInLine(line: Buffer, regex: RegExp, encoding: Encoding): number {
  const text = line.toString(encoding);
  const found = regex.exec(text);
  if (found === null || encoding === "latin1") return found?.index ?? -1;
  // Where there are bytes that are no UTF-8, places in the text are not places in the bytes.
  return isUtf8(line) ? Buffer.byteLength(text.slice(0, found.index)) : 0;
}

/** An expression that looks around could see beyond its line. */
const looksAround = /\(\?<?[=!]/;

function hitsOfRegex(bytes: Buffer, pattern: LinePattern, isBinary: boolean): Generator<LineHit, void, void> {
  const encoding = encodingOf(bytes, pattern, isBinary);
  const regex = pattern.regex!;
  return looksAround.test(regex.source) ? lineByLine(bytes, regex, encoding) : inWholeText(bytes, regex, encoding);
}

function* lineByLine(bytes: Buffer, regex: RegExp, encoding: Encoding): Generator<LineHit, void, void> {
  for (let lineStart = 0; lineStart < bytes.length; ) {
    const [, lineEnd] = lineAround(bytes, lineStart);
    const inLine = matchInLine(bytes.subarray(lineStart, lineEnd), regex, encoding);
    if (inLine >= 0) yield { lineStart, lineEnd, matchStart: lineStart + inLine };
    lineStart = lineEnd + 1;
  }
}

/** The expression passes over all lines at once, which is many times faster; each line that it stops at is looked at by itself. */
function* inWholeText(bytes: Buffer, regex: RegExp, encoding: Encoding): Generator<LineHit, void, void> {
  const text = bytes.toString(encoding);
  const everywhere = new RegExp(regex.source, `${regex.flags}gm`);
  let textStart = 0;
  let lineStart = 0;
  for (let found = everywhere.exec(text); found !== null; found = everywhere.exec(text)) {
    const textLineStart = found.index === 0 ? 0 : text.lastIndexOf("\n", found.index - 1) + 1;
    // Line ends are the same in text and bytes, whatever is between them.
    if (encoding === "latin1") lineStart = textLineStart;
    else
      for (; textStart < textLineStart; textStart = text.indexOf("\n", textStart) + 1)
        lineStart = bytes.indexOf(lineFeed, lineStart) + 1;
    if (lineStart >= bytes.length) return;
    const [, lineEnd] = lineAround(bytes, lineStart);
    const inLine = matchInLine(bytes.subarray(lineStart, lineEnd), regex, encoding);
    if (inLine >= 0) yield { lineStart, lineEnd, matchStart: lineStart + inLine };
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
