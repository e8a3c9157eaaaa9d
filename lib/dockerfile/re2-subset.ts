/**
 * The part of Go's regular expressions that patterns of ignore files are turned into: literals, escapes, classes, `[^/]*`,
 * `.*`, `(.*\/)?`, and anchors. Read as Go reads it, also where a class of the pattern got something else put into it.
 */

import { matchTokens, notNewline, type RuneTest, type RuneToken } from "./rune-machine.ts";

/**
 * A test for texts in which the expression is found, or null for what Go would not compile. Repetitions (`a{2}`), POSIX
 * classes (`[[:alpha:]]`) and `\p`, `\b`, `\x` and the like count as that, too: nobody means them in a path.
 */
export function compileRegexp(source: string): ((text: string) => boolean) | null {
  const alternatives: RuneToken[][] = [];
  const runes = [...source];
  for (let at = 0; at <= runes.length; ) {
    const found = alternativeAt(runes, at);
    if (found === null) return null;
    alternatives.push(found.tokens);
    at = found.next;
  }
  return text => alternatives.some(tokens => matchTokens(tokens, text));
}

const anything: RuneToken = { kind: "many", test: () => true };

/** Up to the next `|`, or the end. */
function alternativeAt(runes: readonly string[], start: number): { tokens: RuneToken[]; next: number } | null {
  // Found anywhere, unless an anchor says otherwise.
  const tokens: RuneToken[] = runes[start] === "^" ? [] : [anything];
  let at = start;
  while (at < runes.length && runes[at] !== "|") {
    if (isFolders(runes, at)) {
      tokens.push({ kind: "folders" });
      at += folders.length;
    } else if (runes[at] === "^") {
      tokens.push({ kind: "start" });
      at += 1;
    } else if (runes[at] === "$" && at + 1 === runes.length) {
      return { tokens, next: at + 2 };
    } else {
      const atom = atomAt(runes, at);
      if (atom === null || isRepetition(runes, atom.next)) return null;
      const isMany = runes[atom.next] === "*";
      tokens.push({ kind: isMany ? "many" : "one", test: atom.test });
      at = atom.next + (isMany ? 1 : 0);
    }
  }
  return { tokens: [...tokens, anything], next: at + 1 };
}

const folders = [..."(.*/)?"];

function isFolders(runes: readonly string[], at: number): boolean {
  return folders.every((rune, index) => runes[at + index] === rune);
}

/** `{2}`, `{2,}`, `{2,3}`; other braces are ordinary characters. */
function isRepetition(runes: readonly string[], at: number): boolean {
  return runes[at] === "{" && /^\{\d+(?:,\d*)?\}/.test(runes.slice(at, at + 24).join(""));
}

interface Atom {
  readonly test: RuneTest;
  readonly next: number;
}

function atomAt(runes: readonly string[], at: number): Atom | null {
  const rune = runes[at] as string;
  if (rune === "[") return classAt(runes, at + 1);
  if (rune === "\\") return escapeAt(runes, at + 1);
  if (rune === ".") return { test: notNewline, next: at + 1 };
  // Nothing to repeat.
  if (rune === "*" || rune === "?") return null;
  return { test: other => other === rune, next: at + 1 };
}

const isDigit: RuneTest = rune => /^[0-9]$/.test(rune);
const isWord: RuneTest = rune => /^[0-9A-Za-z_]$/.test(rune);
const isBlank: RuneTest = rune => /^[\t\n\f\r ]$/.test(rune);
const not =
  (test: RuneTest): RuneTest =>
  rune =>
    !test(rune);

const perlClasses: Readonly<Record<string, RuneTest>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isBlank,
  S: not(isBlank),
};

const controls: Readonly<Record<string, string>> = {
  a: "\u0007",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function escapeAt(runes: readonly string[], at: number): Atom | null {
  const perl = perlClasses[runes[at] ?? ""];
  if (perl !== undefined) return { test: perl, next: at + 1 };
  const literal = escapedLiteral(runes[at]);
  return literal === null ? null : { test: rune => rune === literal, next: at + 1 };
}

/** Go lets only punctuation stand for itself. */
function escapedLiteral(rune: string | undefined): string | null {
  if (rune === undefined) return null;
  if (Object.hasOwn(controls, rune)) return controls[rune] as string;
  return /^[!-/:-@[-`{-~]$/.test(rune) ? rune : null;
}

function classAt(runes: readonly string[], start: number): Atom | null {
  const negated = runes[start] === "^";
  const first = negated ? start + 1 : start;
  const tests: RuneTest[] = [];
  let at = first;
  while (runes[at] !== "]" || at === first) {
    if (runes[at] === "[" && runes[at + 1] === ":") return null;
    const perl = runes[at] === "\\" ? perlClasses[runes[at + 1] ?? ""] : undefined;
    if (perl !== undefined) {
      tests.push(perl);
      at += 2;
      continue;
    }
    const low = classRune(runes, at);
    if (low === null) return null;
    at = low.next;
    let high = low;
    if (runes[at] === "-" && runes[at + 1] !== "]" && runes[at + 1] !== undefined) {
      const end = classRune(runes, at + 1);
      if (end === null || end.code < low.code) return null;
      high = end;
      at = end.next;
    }
    const [from, to] = [low.code, high.code];
    tests.push(rune => from <= (rune.codePointAt(0) as number) && (rune.codePointAt(0) as number) <= to);
  }
  return { test: rune => tests.some(test => test(rune)) !== negated, next: at + 1 };
}

function classRune(runes: readonly string[], at: number): { code: number; next: number } | null {
  const rune = runes[at];
  if (rune === undefined) return null;
  if (rune !== "\\") return { code: rune.codePointAt(0) as number, next: at + 1 };
  const literal = escapedLiteral(runes[at + 1]);
  return literal === null ? null : { code: literal.codePointAt(0) as number, next: at + 2 };
}
