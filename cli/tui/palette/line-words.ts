/** The words of a typed line, and words as a line that a shell takes apart the same way. Pure. */

import { bytesOfPath, pathFromBytes, showText } from "../../../lib/model/path-text.ts";

/** Written as `$path` and the like; what stands for them is never taken apart again. */
export type LineVariables = ReadonlyMap<string, () => string>;

export interface LineWord {
  readonly text: string;
  /** Where it begins in the line. */
  readonly start: number;
  readonly isQuoted: boolean;
}

export interface SplitLine {
  readonly words: readonly LineWord[];
  /** The line ends inside of a quote. */
  readonly isOpen: boolean;
}

const escapesInQuotes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", e: "\x1b" };

/**
 * Splits a line as a shell does: '…' as it is, "…" with variables and `\`, `$'…'` with `\n`, `\xff` and the like.
 * Variables that `variables` does not have stay as they are written.
 */
export function splitLine(line: string, variables: LineVariables = new Map()): SplitLine {
  return new Splitter(line, variables).split();
}

class Splitter {
  readonly #line: string;
  readonly #variables: LineVariables;
  readonly #words: LineWord[] = [];
  #at = 0;
  #text = "";
  #start = -1;
  #isQuoted = false;
  #isOpen = false;

  constructor(line: string, variables: LineVariables) {
    this.#line = line;
    this.#variables = variables;
  }

  split(): SplitLine {
    while (this.#at < this.#line.length) this.#step();
    this.#endWord();
    return { words: this.#words, isOpen: this.#isOpen };
  }

  #step(): void {
    const rest = this.#line.slice(this.#at);
    const space = /^\s+/.exec(rest)?.[0];
    if (space !== undefined) {
      this.#endWord();
      this.#at += space.length;
      return;
    }
    if (this.#start < 0) this.#start = this.#at;
    if (rest.startsWith("$'")) this.#escapedQuote();
    else if (rest[0] === "'") this.#plainQuote();
    else if (rest[0] === '"') this.#doubleQuote();
    else this.#character(/[\s\S]/);
  }

  #endWord(): void {
    if (this.#start >= 0) this.#words.push({ text: this.#text, start: this.#start, isQuoted: this.#isQuoted });
    this.#text = "";
    this.#start = -1;
    this.#isQuoted = false;
  }

  /** @param escapable what a backslash takes its meaning from. */
  #character(escapable: RegExp): void {
    const rest = this.#line.slice(this.#at);
    const name = /^\$([a-z]+)/.exec(rest)?.[1];
    const value = name === undefined ? undefined : this.#variables.get(name);
    if (value !== undefined) {
      this.#take((name as string).length + 1, value());
    } else if (rest[0] === "\\" && rest.length > 1 && escapable.test(rest[1] as string)) {
      this.#isQuoted = true;
      this.#take(2, rest[1] as string);
    } else {
      this.#take(1, rest[0] as string);
    }
  }

  #take(length: number, text: string): void {
    this.#at += length;
    this.#text += text;
  }

  #plainQuote(): void {
    const end = this.#line.indexOf("'", this.#at + 1);
    this.#isQuoted = true;
    this.#isOpen ||= end < 0;
    const text = this.#line.slice(this.#at + 1, end < 0 ? undefined : end);
    this.#take(text.length + 2, text);
  }

  #doubleQuote(): void {
    this.#isQuoted = true;
    this.#at += 1;
    while (this.#at < this.#line.length && this.#line[this.#at] !== '"') this.#character(/["\\$`]/);
    this.#isOpen ||= this.#at >= this.#line.length;
    this.#at += 1;
  }

  #escapedQuote(): void {
    const inner = /^\$'((?:[^'\\]|\\[\s\S])*)/.exec(this.#line.slice(this.#at))?.[1] ?? "";
    this.#isQuoted = true;
    this.#isOpen ||= this.#line[this.#at + 2 + inner.length] !== "'";
    this.#take(inner.length + 3, unescaped(inner));
  }
}

function unescaped(text: string): string {
  const parts = Array.from(text.matchAll(/\\x([0-9a-fA-F]{1,2})|\\([\s\S])|[^\\]+/g), ([all, hex, letter]) => {
    if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
    return bytesOfPath(letter === undefined ? all : (escapesInQuotes[letter] ?? letter));
  });
  return pathFromBytes(Buffer.concat(parts));
}

/** A line to copy into a shell (bash, zsh, fish for words without odd bytes): each word is one word there, whatever is in it. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

function shellWord(word: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) return word;
  if (showText(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  // A name that a terminal would not show as it is: its odd characters as bytes.
  return `$'${Array.from(word, escapedCharacter).join("")}'`;
}

function escapedCharacter(character: string): string {
  if (character === "\\" || character === "'") return `\\${character}`;
  if (showText(character) === character && !/\p{M}/u.test(character)) return character;
  return Array.from(bytesOfPath(character), byte => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
