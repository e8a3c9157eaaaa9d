import { Minimatch } from "minimatch";
import { LabError, messageOf } from "../error.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { bytesOfPath } from "../model/path-text.ts";
import { columnsOf } from "./columns-of.ts";
import type { LayerColumns } from "./layer-columns.ts";

export interface MatcherOptions {
  readonly mode: "substring" | "glob" | "regex";
  readonly ignoreCase?: boolean | undefined;
}

/** Finds entries by their paths. Made once, used for any number of layers. */
export interface PathMatcher {
  matches(path: string): boolean;
  /** Bytes that every matching path has, when there are such: lets a search skip the others. */
  readonly needle: Buffer | null;
  /** Whether every path that has the needle matches. */
  readonly needleIsEnough: boolean;
}

/** Longer patterns are of no use, and globs and regular expressions can take very long. */
const maximumPatternLength = 1000;

/**
 * Substring: anywhere in the path, which may be written with its leading slash. Glob: the whole path, or the last name when the pattern has no slash; `*` and `?` match
 * names that start with a dot, too. Regex: anywhere in the path, with or without its leading slash, with Unicode rules.
 * @throws LabError `usage` for a bad pattern.
 */
export function createMatcher(pattern: string, options: MatcherOptions): PathMatcher {
  if (pattern === "") throw badPattern("an empty pattern matches nothing");
  if (pattern.length > maximumPatternLength)
    throw badPattern(`the pattern is longer than ${maximumPatternLength} characters`);
  const ignoreCase = options.ignoreCase ?? false;
  if (options.mode === "glob") return globMatcher(pattern, ignoreCase);
  if (options.mode === "regex") return regexMatcher(pattern, ignoreCase);
  return substringMatcher(pattern, ignoreCase);
}

/** Entries [from, to); what is left out is the first and the end. */
export interface EntryRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * Positions of the entries whose path matches, in the order of the tar, found as they are asked for: stop iterating when
 * there are enough.
 */
export function* searchPaths(
  index: LayerIndex,
  matcher: PathMatcher,
  range: EntryRange = {},
): Generator<number, void, void> {
  const columns = columnsOf(index);
  const from = range.from ?? 0;
  const to = Math.min(range.to ?? columns.entryCount, columns.entryCount);
  if (matcher.needle !== null) {
    for (const position of positionsOfNeedle(columns, matcher.needle, from, to)) {
      if (matcher.needleIsEnough || matcher.matches(columns.path(position))) yield position;
    }
    return;
  }
  for (let position = from; position < to; position += 1) {
    if (matcher.matches(columns.path(position))) yield position;
  }
}

function* positionsOfNeedle(
  columns: LayerColumns,
  needle: Buffer,
  from: number,
  to: number,
): Generator<number, void, void> {
  const { pathPool, pathStarts } = columns.data;
  const pool = Buffer.from(pathPool.buffer, pathPool.byteOffset, pathStarts[to]!);
  for (let at = pool.indexOf(needle, pathStarts[from]!); at >= 0; ) {
    const position = entryAt(pathStarts, at);
    yield position;
    at = pool.indexOf(needle, pathStarts[position + 1]!);
  }
}

/** The entry whose path holds byte `at` of the pool. */
function entryAt(starts: Uint32Array, at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}

function substringMatcher(pattern: string, ignoreCase: boolean): PathMatcher {
  const wanted = ignoreCase ? pattern.toLowerCase() : pattern;
  const hasCase = pattern.toLowerCase() !== pattern.toUpperCase();
  // `/etc` is `etc` at the start of a path, or `/etc` within one: both have `etc`.
  const rooted = pattern.startsWith("/");
  const needle = ignoreCase && hasCase ? null : bytesOfPath(rooted ? pattern.slice(1) : pattern);
  // A NUL would find the end of one path and the start of the next.
  if (pattern.includes("\0")) throw badPattern("a pattern cannot hold NUL");
  const shown = (path: string) => (rooted ? `/${path}` : path);
  const matches = (path: string) => (ignoreCase ? shown(path).toLowerCase() : shown(path)).includes(wanted);
  return { needle: needle?.length === 0 ? null : needle, needleIsEnough: !rooted, matches };
}

function globMatcher(pattern: string, ignoreCase: boolean): PathMatcher {
  const relative = pattern.replace(/^\/+/, "");
  const anchored = pattern.includes("/");
  const minimatch = new Minimatch(relative, {
    dot: true,
    nocase: ignoreCase,
    nonegate: true,
    nocomment: true,
    braceExpandMax: 1000,
    platform: "linux",
  });
  return {
    needle: null,
    needleIsEnough: false,
    matches: path => minimatch.match(anchored ? path : path.slice(path.lastIndexOf("/") + 1)),
  };
}

function regexMatcher(pattern: string, ignoreCase: boolean): PathMatcher {
  try {
    const regex = new RegExp(pattern, ignoreCase ? "iu" : "u");
    return { needle: null, needleIsEnough: false, matches: path => regex.test(path) || regex.test(`/${path}`) };
  } catch (error) {
    throw badPattern(`not a regular expression: ${messageOf(error)}`, error);
  }
}

function badPattern(message: string, cause?: unknown): LabError {
  return new LabError("usage", message, { hint: "see kaniko-lab search --help", cause });
}
