import { LabError, messageOf } from "../error.ts";

/** What is looked for in the contents of files. Plain data: it is sent to threads. */
export interface ContentQuery {
  readonly text: string;
  readonly mode: "substring" | "regex";
  readonly ignoreCase: boolean;
  /** A glob for the paths to look into, as `search --glob` has it; null: all. */
  readonly path: string | null;
  /** Matching lines of one file; further ones are left out. */
  readonly mostOfFile: number;
  /** Matching lines of one layer: the search of it ends there. */
  readonly mostOfLayer: number;
}

/** How lines are found that match. */
export interface LinePattern {
  /** Bytes that every matching line has, or null when none are known. */
  readonly needle: Buffer | null;
  /** For lines that have the needle; null: having it is enough. */
  readonly regex: RegExp | null;
  readonly isAscii: boolean;
  /** Letters of ASCII alone are looked for: bytes need not be decoded. */
  readonly forBytes: boolean;
}

const longestText = 1000;

/** @throws LabError `usage` for a bad pattern. */
export function linePattern(query: Pick<ContentQuery, "text" | "mode" | "ignoreCase">): LinePattern {
  const { text, mode, ignoreCase } = query;
  if (text === "") throw badPattern("an empty pattern matches everything");
  if (text.length > longestText) throw badPattern(`the pattern is longer than ${longestText} characters`);
  const isAscii = !/[^\0-\x7f]/.test(text);
  if (mode === "regex") {
    const needle = ignoreCase ? null : requiredLiteral(text);
    return { needle, regex: regexOf(text, ignoreCase ? "iu" : "u"), isAscii, forBytes: false };
  }
  if (text.includes("\n")) throw badPattern("lines are searched one by one: a pattern cannot hold a line end");
  const hasCase = text.toLowerCase() !== text.toUpperCase();
  if (!ignoreCase || !hasCase) return { needle: Buffer.from(text), regex: null, isAscii, forBytes: true };
  const literal = text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return { needle: null, regex: regexOf(literal, isAscii ? "i" : "iu"), isAscii, forBytes: isAscii };
}

function regexOf(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw badPattern(`not a regular expression: ${messageOf(error)}`, error);
  }
}

function badPattern(message: string, cause?: unknown): LabError {
  return new LabError("usage", message, { hint: "see kaniko-lab search --help", cause });
}

const specialCharacters = new Set("^$.*+?()[]{}|\\");

/**
 * The longest run of characters that every match of a regular expression has, or null. It only looks where that is plain
 * to see: outside of groups and classes, in an expression without alternatives.
 */
export function requiredLiteral(source: string): Buffer | null {
  let longest = "";
  let run = "";
  const endRun = () => {
    if (run.length > longest.length) longest = run;
    run = "";
  };
  let depth = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] as string;
    if (character === "|" && depth === 0) return null;
    if (character === "[") {
      at = endOfClass(source, at);
      endRun();
    } else if (character === "(" || character === ")") {
      depth += character === "(" ? 1 : -1;
      endRun();
    } else if (character === "\\") {
      const next = source[at + 1] ?? "";
      if (depth === 0 && specialCharacters.has(next)) run += next;
      else endRun();
      // Escapes with more than a letter (`\x41`, `\u{…}`, `\p{…}`) leave characters that could be taken for others.
      if (/[xupPkc0-9]/.test(next)) return null;
      at += 1;
    } else if (character === "*" || character === "?" || character === "{") {
      run = run.slice(0, -1);
      endRun();
      if (character === "{") at = Math.max(at, source.indexOf("}", at));
    } else if (specialCharacters.has(character)) {
      endRun();
    } else if (depth === 0) {
      // Of a character of two units, or of one that a mark follows, a quantifier could take only a part.
      if (character > "\x7f") endRun();
      else run += character;
    }
  }
  endRun();
  return longest === "" ? null : Buffer.from(longest);
}

function endOfClass(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] === "\\") at += 1;
    else if (source[at] === "]") return at;
  }
  return source.length;
}
