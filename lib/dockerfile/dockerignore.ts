/**
 * Ignore files as Kaniko applies them: moby's `ignorefile.ReadAll`, and the older one of `patternmatcher`'s two rules
 * (`Matches`), which looks at a parent folder only at the depth of the pattern. So `**\/x` hides `a/b/x`, and of what is in
 * it only what lies directly below `x` of the second level.
 */

import { isRefusedPattern } from "./go-match.ts";
import { cleanGoPath } from "./go-path.ts";
import { trimSpace } from "./go-text.ts";
import { compileRegexp } from "./re2-subset.ts";

/** The patterns of an ignore file, clean. */
export function readIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const raw = at === 0 ? line.replace(/^\ufeff/, "") : line;
    if (raw.startsWith("#")) continue;
    const pattern = trimSpace(raw);
    if (pattern === "") continue;
    const inverted = pattern.startsWith("!");
    const path = inverted ? trimSpace(pattern.slice(1)) : pattern;
    const clean = path === "" ? "" : cleanGoPath(path);
    const relative = clean.length > 1 && clean.startsWith("/") ? clean.slice(1) : clean;
    patterns.push(inverted ? `!${relative}` : relative);
  }
  return patterns;
}

interface Pattern {
  readonly isException: boolean;
  /** Number of names in the pattern. */
  readonly depth: number;
  /** Null for a pattern that Go cannot compile: every file that gets as far as it is not ignored. */
  readonly matches: ((path: string) => boolean) | null;
}

export class DockerIgnore {
  readonly #patterns: readonly Pattern[];
  readonly #hasExceptions: boolean;
  /** A pattern is malformed: Kaniko then ignores nothing, or refuses the build. */
  readonly malformed: string | null;

  constructor(patterns: readonly string[]) {
    const trimmed = patterns.map(trimSpace).filter(pattern => pattern !== "");
    const cleaned = trimmed.map(cleanGoPath);
    const malformed = cleaned.find(pattern => pattern === "!" || isRefusedPattern(pattern.replace(/^!/, "")));
    this.malformed = malformed ?? null;
    this.#patterns = malformed === undefined ? cleaned.map(patternOf) : [];
    this.#hasExceptions = this.#patterns.some(({ isException }) => isException);
  }

  /** @param path relative to the context, `/` between names. */
  excludes(path: string): boolean {
    const clean = cleanGoPath(path);
    if (clean === ".") return false;
    const parents = clean.split("/").slice(0, -1);
    let isExcluded = false;
    for (const { isException, depth, matches } of this.#patterns) {
      if (isException !== isExcluded) continue;
      if (matches === null) return false;
      if (matches(clean) || matchesParent(parents, depth, matches)) isExcluded = !isException;
    }
    return isExcluded;
  }

  /** Whether nothing below this folder can be in the context, so that it need not be looked into. */
  excludesAllBelow(folder: string): boolean {
    if (this.#hasExceptions || this.#patterns.some(({ matches }) => matches === null)) return false;
    const names = cleanGoPath(folder).split("/");
    return this.#patterns.some(({ depth, matches }) => matches !== null && matchesParent(names, depth, matches));
  }
}

function matchesParent(parents: readonly string[], depth: number, matches: (path: string) => boolean): boolean {
  return parents.length > 0 && depth <= parents.length && matches(parents.slice(0, depth).join("/"));
}

function patternOf(cleaned: string): Pattern {
  const isException = cleaned.startsWith("!");
  const pattern = isException ? cleaned.slice(1) : cleaned;
  return { isException, depth: pattern.split("/").length, matches: compile(pattern) };
}

/** Mirrors patternmatcher's `compile` and `match`. */
function compile(pattern: string): ((path: string) => boolean) | null {
  const runes = [...pattern];
  let regexp = "^";
  let kind: "exact" | "prefix" | "suffix" | "regexp" = "exact";
  for (let at = 0; at < runes.length; at += 1) {
    const rune = runes[at] as string;
    if (rune === "*" && runes[at + 1] === "*") {
      const isFirst = at === 0;
      at += runes[at + 2] === "/" ? 2 : 1;
      if (at + 1 < runes.length) {
        regexp += "(.*/)?";
        kind = "regexp";
      } else if (kind === "exact") {
        kind = "prefix";
      } else {
        regexp += ".*";
        kind = "regexp";
      }
      if (isFirst) kind = "suffix";
    } else if (rune === "*" || rune === "?") {
      regexp += rune === "*" ? "[^/]*" : "[^/]";
      kind = "regexp";
    } else if (".+()$".includes(rune)) {
      // `|`, `{` and `}` are meant to be escaped as well; moby's table of characters is too short for them.
      regexp += `\\${rune}`;
    } else if (rune === "\\") {
      at += 1;
      regexp += `\\${runes[at] ?? ""}`;
      if (at < runes.length) kind = "regexp";
    } else {
      regexp += rune;
      if (rune === "[" || rune === "]") kind = "regexp";
    }
  }
  if (kind === "exact") return path => path === pattern;
  if (kind === "prefix") return path => path.startsWith(pattern.slice(0, -2));
  if (kind === "suffix") return path => hasSuffix(path, pattern.slice(2));
  return compileRegexp(`${regexp}$`);
}

function hasSuffix(path: string, suffix: string): boolean {
  return path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
}
