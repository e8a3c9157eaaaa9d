import { isSpace, quote, splitFirstWord, splitWords, trimSpaceStart, trimStartOf } from "./go-text.ts";
import { SyntaxFault } from "./syntax-error.ts";

/** How an instruction's arguments are split. Mirrors BuildKit's `line_parsers.go`; nothing is expanded here. */

export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
}

export const noArguments: Arguments = { args: [], json: false };

const words = (args: readonly string[]): Arguments => ({ args, json: false });

/** The whole rest as one word. */
export function oneString(rest: string): Arguments {
  return rest === "" ? noArguments : words([rest]);
}

export function blankSeparated(rest: string): Arguments {
  return rest === "" ? noArguments : words(splitWords(rest));
}

/** A JSON array of strings, or else the whole rest as one word. */
export function jsonOrString(rest: string): Arguments {
  return jsonArray(rest) ?? oneString(rest);
}

/** A JSON array of strings, or else words. */
export function jsonOrWords(rest: string): Arguments {
  return jsonArray(rest) ?? blankSeparated(rest);
}

/** HEALTHCHECK: a type, and then as `jsonOrString`. */
export function typeAndCommand(rest: string): Arguments {
  if (rest === "") return noArguments;
  const end = rest.search(/[\t\n\v\f\r ]|$/);
  const command = jsonOrString(trimStartOf(rest.slice(end), "\t\n\v\f\r "));
  return { args: [rest.slice(0, end), ...command.args], json: command.json };
}

/** ARG: names with or without a value; quotes stay. */
export function quotedWords(rest: string, escapeToken: string): Arguments {
  return words(splitQuoted(rest, escapeToken));
}

/** ENV and LABEL: name and value in turns, from `NAME=value …` or the old `NAME the whole rest`. */
export function namesAndValues(rest: string, keyword: string, escapeToken: string): Arguments {
  const list = splitQuoted(rest, escapeToken);
  const first = list[0];
  if (first === undefined) return noArguments;
  if (!first.includes("=")) {
    const [name, value] = splitFirstWord(rest);
    if (value === undefined) throw new SyntaxFault(`${keyword} must have two arguments`);
    return words([name, value]);
  }
  return words(list.flatMap(nameAndValue));
}

function nameAndValue(word: string): [string, string] {
  const at = word.indexOf("=");
  if (at < 0) {
    throw new SyntaxFault(`Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
  }
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Null when the text is no JSON array. @throws SyntaxFault for one that holds anything but strings. */
function jsonArray(rest: string): Arguments | null {
  const text = trimSpaceStart(rest);
  if (!text.startsWith("[")) return null;
  const values = parseJson(text);
  if (values === null) return null;
  const strings = values.filter(value => typeof value === "string");
  if (strings.length < values.length) {
    throw new SyntaxFault("when using JSON array syntax, arrays must be comprised of strings only");
  }
  return { args: strings.map(value => value.toWellFormed()), json: true };
}

function parseJson(text: string): unknown[] | null {
  try {
    const value = JSON.parse(text) as unknown[];
    // To Go a number beyond a double's range is an error, to JavaScript it is infinite.
    return hasInfinity(value) ? null : value;
  } catch {
    return null;
  }
}

function hasInfinity(root: unknown): boolean {
  const pending = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value === Infinity || value === -Infinity) return true;
    if (typeof value === "object" && value !== null) for (const child of Object.values(value)) pending.push(child);
  }
  return false;
}

/** Splits at blanks outside of quotes; quotes and escapes stay in the words. */
function splitQuoted(text: string, escapeToken: string): string[] {
  const list: string[] = [];
  let word = "";
  let quoteMark = "";
  const finish = () => {
    if (word !== "") list.push(word);
    word = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoteMark === "" && isSpace(character)) {
      finish();
      continue;
    }
    if (character === escapeToken && quoteMark !== "'") {
      // An escape at the very end is dropped.
      if (at + 1 === text.length) break;
      at += 1;
      word += character + text.charAt(at);
      continue;
    }
    if (character === quoteMark) quoteMark = "";
    else if (quoteMark === "" && (character === "'" || character === '"')) quoteMark = character;
    word += character;
  }
  finish();
  return list;
}
