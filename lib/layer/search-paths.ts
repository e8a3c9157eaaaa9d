import { Minimatch } from "minimatch";
import { LabError, messageOf } from "../error.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { bytesOfPath } from "../model/path-text.ts";
import { columnsOf } from "./columns-of.ts";
import { type PathSlice, slicesOf } from "./path-slices.ts";
import { literalOfGlob, literalOfRegex } from "./pattern-literals.ts";

export interface MatcherOptions {
  readonly mode: "substring" | "glob" | "regex";
  readonly ignoreCase?: boolean | undefined;
}

/** Finds entries by their paths. Made once, used for any number of layers. */
export interface PathMatcher {
  matches(path: string): boolean;
  /** Bytes that every matching path has, when there are such: lets a search skip the others. */
  readonly needle: Buffer | null;
  /** As the needle, for searches in which case does not matter: ASCII in lower case, that every matching path of ASCII has in some case. */
  readonly folded: string | null;
  /** Whether every path that has the needle, or the folded text, matches. */
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
  for (const slice of slicesOf(columnsOf(index), range.from, range.to)) yield* searchSlice(slice, matcher);
}

/** The same for paths that stand together. */
export function* searchSlice(slice: PathSlice, matcher: PathMatcher): Generator<number, void, void> {
  const candidates = candidatesOf(slice, matcher);
  if (candidates === null) yield* slice.matching(matcher);
  else if (matcher.needleIsEnough) yield* candidates;
  else yield* matchingOf(slice, [...candidates], matcher);
}

/** The only paths that can match; null when that cannot be told without trying. */
function candidatesOf(slice: PathSlice, { needle, folded }: PathMatcher): Iterable<number> | null {
  if (needle !== null) return slice.having(needle);
  // Letters beyond ASCII may become others when their case changes.
  return folded !== null && slice.isAscii ? slice.havingFolded(folded) : null;
}

/** Those of the positions that match; one by one where there are few, else all paths of the slice at once. */
function* matchingOf(
  slice: PathSlice,
  positions: readonly number[],
  matcher: PathMatcher,
): Generator<number, void, void> {
  if (positions.length * 4 > slice.count) yield* slice.matching(matcher);
  else for (const position of positions) if (matcher.matches(slice.path(position))) yield position;
}

function substringMatcher(pattern: string, ignoreCase: boolean): PathMatcher {
  const wanted = ignoreCase ? pattern.toLowerCase() : pattern;
  const hasCase = pattern.toLowerCase() !== pattern.toUpperCase();
  // `/etc` is `etc` at the start of a path, or `/etc` within one: both have `etc`.
  const rooted = pattern.startsWith("/");
  const anywhere = rooted ? pattern.slice(1) : pattern;
  const needle = ignoreCase && hasCase ? null : bytesOfPath(anywhere);
  // A NUL would find the end of one path and the start of the next.
  if (pattern.includes("\0")) throw badPattern("a pattern cannot hold NUL");
  const shown = (path: string) => (rooted ? `/${path}` : path);
  const matches = (path: string) => (ignoreCase ? shown(path).toLowerCase() : shown(path)).includes(wanted);
  const folded = ignoreCase && hasCase ? foldedOf(anywhere) : null;
  return { needle: needle?.length === 0 ? null : needle, folded, needleIsEnough: !rooted, matches };
}

function foldedOf(literal: string): string | null {
  return /^[ -~]+$/.test(literal) ? literal.toLowerCase() : null;
}

/** The needle is looked for in bytes, so only what is the same in bytes and text can be one. */
function needleOf(literal: string): Buffer | null {
  return literal === "" || !literal.isWellFormed() ? null : Buffer.from(literal);
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
  const matchesName = anchored ? null : nameTest(minimatch);
  return {
    needle: ignoreCase ? null : needleOf(literalOfGlob(relative)),
    folded: ignoreCase ? foldedOf(literalOfGlob(relative)) : null,
    needleIsEnough: false,
    matches: path => {
      if (anchored) return minimatch.match(path);
      const name = path.slice(path.lastIndexOf("/") + 1);
      return matchesName === null ? minimatch.match(name) : matchesName(name);
    },
  };
}

/** For a glob of names that is one regular expression: minimatch takes every path apart first. */
function nameTest(minimatch: Minimatch): ((name: string) => boolean) | null {
  const [row, ...others] = minimatch.set;
  const part = row?.length === 1 && others.length === 0 ? row[0] : undefined;
  return part instanceof RegExp ? name => part.test(name) : null;
}

function regexMatcher(pattern: string, ignoreCase: boolean): PathMatcher {
  try {
    const regex = new RegExp(pattern, ignoreCase ? "iu" : "u");
    const literal = literalOfRegex(pattern);
    // What begins with a letter that is no slash is in the path without it, too.
    const matches =
      literal === ""
        ? (path: string) => regex.test(path) || regex.test(`/${path}`)
        : (path: string) => regex.test(path);
    return {
      needle: ignoreCase ? null : needleOf(literal),
      folded: ignoreCase ? foldedOf(literal) : null,
      needleIsEnough: false,
      matches,
    };
  } catch (error) {
    throw badPattern(`not a regular expression: ${messageOf(error)}`, error);
  }
}

function badPattern(message: string, cause?: unknown): LabError {
  return new LabError("usage", message, { hint: "see kaniko-lab search --help", cause });
}
