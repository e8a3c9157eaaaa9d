import type { ExpansionBudget } from "./expansion-budget.ts";
import { RuneReader } from "./rune-reader.ts";
import { SyntaxFault } from "./syntax-error.ts";

/**
 * The patterns of `${V#p}`, `${V%p}` and `${V/p/r}`: `?` is one character, `*` any number, neither crosses a line feed;
 * `\` escapes them. BuildKit turns a pattern into a regular expression; here it is matched directly, in time bounded by
 * pattern × value, and with the same preference among possible matches (leftmost, then the first star as long or as short
 * as it can be).
 */

type Token = { readonly kind: "one" | "any" } | { readonly kind: "rune"; readonly rune: string };

/** A step keeps a number in a set, which is worth that many characters. */
const unitsPerStep = 16;

/** Removes the shortest or longest match of `pattern` from the start of `value`. */
export function trimPrefix(pattern: string, value: string, longest: boolean, budget: ExpansionBudget): string {
  const runes = [...value];
  const matcher = new Matcher(compile(pattern), runes, longest, budget);
  const end = matcher.matchAt(0);
  return end < 0 ? value : runes.slice(end).join("");
}

/** Removes the shortest or longest match of `pattern` from the end of `value`. */
export function trimSuffix(pattern: string, value: string, longest: boolean, budget: ExpansionBudget): string {
  const reversed = [...value].reverse().join("");
  return [...trimPrefix(reversePattern(pattern), reversed, longest, budget)].reverse().join("");
}

/** Replaces the first match of `pattern`, or all of them. Stars take as much as they can. */
export function replaceMatches(
  pattern: string,
  value: string,
  replacement: string,
  all: boolean,
  budget: ExpansionBudget,
): string {
  const tokens = compile(pattern);
  const runes = [...value];
  const matcher = new Matcher(tokens, runes, true, budget);
  return all ? replaceAll(matcher, runes, replacement, budget) : replaceFirst(matcher, runes, replacement);
}

function replaceFirst(matcher: Matcher, runes: readonly string[], replacement: string): string {
  const match = matcher.find(0);
  if (match === null) return runes.join("");
  return runes.slice(0, match.start).join("") + replacement + runes.slice(match.end).join("");
}

/** As Go's Regexp.ReplaceAllString: an empty match right after another match is left alone, `$0` is the match. */
function replaceAll(matcher: Matcher, runes: readonly string[], replacement: string, budget: ExpansionBudget): string {
  const parts: string[] = [];
  let searchFrom = 0;
  let lastEnd = 0;
  while (searchFrom <= runes.length) {
    const match = matcher.find(searchFrom);
    if (match === null) break;
    parts.push(runes.slice(lastEnd, match.start).join(""));
    if (match.end > lastEnd || match.start === 0) {
      const text = fillTemplate(replacement, runes.slice(match.start, match.end).join(""));
      budget.spend(text.length + replacement.length);
      parts.push(text);
    }
    lastEnd = match.end;
    searchFrom = Math.max(searchFrom + 1, match.end);
  }
  return parts.join("") + runes.slice(lastEnd).join("");
}

const templateName = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** As Go's Regexp.Expand: `$$` is a dollar, `$0` the match, other names stand for groups, of which there are none. */
function fillTemplate(template: string, match: string): string {
  if (!template.includes("$")) return template;
  return template.replace(templateName, (whole: string, braced?: string, plain?: string) => {
    if (whole === "$$") return "$";
    return (braced ?? plain) === "0" ? match : "";
  });
}

/** Turns the pattern round without separating an escape from what it escapes. */
function reversePattern(pattern: string): string {
  const units: string[] = [];
  const runes = [...pattern];
  for (let at = 0; at < runes.length; at += 1) {
    const rune = runes[at] as string;
    if (rune === "\\" && at < runes.length - 1) {
      at += 1;
      units.push(rune + runes[at]);
    } else {
      units.push(rune);
    }
  }
  return units.reverse().join("");
}

/** @throws SyntaxFault for an escape of anything but `*`, `?`, `\`, `}` and `/`. */
function compile(pattern: string): Token[] {
  const tokens: Token[] = [];
  const reader = new RuneReader(pattern);
  for (let rune = reader.next(); rune !== ""; rune = reader.next()) {
    if (rune === "*") tokens.push({ kind: "any" });
    else if (rune === "?") tokens.push({ kind: "one" });
    else if (rune !== "\\") tokens.push({ kind: "rune", rune });
    else if (reader.peek() !== "}" && reader.peek() !== "/") {
      tokens.push({ kind: "rune", rune: escaped(reader.next(), pattern) });
    }
  }
  return tokens;
}

function escaped(rune: string, pattern: string): string {
  if (rune === "*" || rune === "?" || rune === "\\") return rune;
  throw new SyntaxFault(`invalid pattern (${pattern}) in substitution: invalid escape '\\${rune || "\ufffd"}'`);
}

interface Match {
  readonly start: number;
  readonly end: number;
}

/** Backtracking in order of preference, that never tries the same place in pattern and value twice in vain. */
class Matcher {
  readonly #tokens: readonly Token[];
  readonly #runes: readonly string[];
  readonly #longest: boolean;
  readonly #budget: ExpansionBudget;
  readonly #tried: Set<number> = new Set();

  constructor(tokens: readonly Token[], runes: readonly string[], longest: boolean, budget: ExpansionBudget) {
    this.#tokens = tokens;
    this.#runes = runes;
    this.#longest = longest;
    this.#budget = budget;
  }

  /** The leftmost match that starts at `from` or later. */
  find(from: number): Match | null {
    this.#tried.clear();
    for (let start = from; start <= this.#runes.length; start += 1) {
      const end = this.#search(start);
      if (end >= 0) return { start, end };
    }
    return null;
  }

  /** The end of the match that starts at `start`, or -1. */
  matchAt(start: number): number {
    this.#tried.clear();
    return this.#search(start);
  }

  #search(start: number): number {
    const width = this.#runes.length + 1;
    const pending = [start];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      this.#budget.spend(unitsPerStep);
      if (this.#tried.has(state)) continue;
      this.#tried.add(state);
      const at = state % width;
      const position = (state - at) / width;
      const token = this.#tokens[position];
      if (token === undefined) return at;
      const rune = this.#runes[at];
      if (token.kind === "any") {
        const stop = state + width;
        const go = rune !== undefined && rune !== "\n" ? state + 1 : -1;
        if (go < 0) pending.push(stop);
        else if (this.#longest) pending.push(stop, go);
        else pending.push(go, stop);
      } else if (token.kind === "rune" ? rune === token.rune : rune !== undefined && rune !== "\n") {
        pending.push(state + width + 1);
      }
    }
    return -1;
  }
}
