import { isSpace } from "./go-text.ts";

export interface SplitFlags {
  /** Such as `--from=build`, quotes and escapes removed. */
  readonly flags: readonly string[];
  /** What follows the flags, untouched. */
  readonly rest: string;
}

/**
 * Takes the flags from the start of an instruction's arguments. BuildKit does this byte by byte and writes every byte as
 * a character of its own, so that flags with letters beyond ASCII come out garbled; a string of bytes does the same here.
 */
export function splitFlags(text: string, escapeToken: string): SplitFlags {
  if (!/^[\s\u0085]*--/.test(text)) return { flags: [], rest: text.slice(leadingSpaces(text)) };
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  const { flags, rest } = splitBytes(bytes, escapeToken);
  return { flags, rest: Buffer.from(rest, "latin1").toString("utf8") };
}

/** Mirrors BuildKit's `extractBuilderFlags`. */
function splitBytes(text: string, escapeToken: string): SplitFlags {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    at += leadingSpaces(text, at);
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    const flag = readFlag(text, at, escapeToken);
    at = flag.end;
    if (flag.text === "--") return { flags, rest: text.slice(at) };
    if (flag.text !== "" || flag.quoted) flags.push(flag.text);
  }
}

interface Flag {
  readonly text: string;
  readonly quoted: boolean;
  /** Where the blank after it is, or the end of the text. */
  readonly end: number;
}

function readFlag(text: string, start: number, escapeToken: string): Flag {
  let flag = "";
  let quoteMark = "";
  let quoted = false;
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoteMark === "" && isSpace(character)) break;
    if (character === quoteMark) {
      quoteMark = "";
    } else if (quoteMark === "" && (character === "'" || character === '"')) {
      quoteMark = character;
      quoted = true;
    } else if (character !== escapeToken) {
      flag += character;
    } else if (at + 1 < text.length) {
      at += 1;
      flag += text.charAt(at);
    }
  }
  return { text: flag, quoted, end: at };
}

function leadingSpaces(text: string, from = 0): number {
  let at = from;
  while (at < text.length && isSpace(text.charAt(at))) at += 1;
  return at - from;
}
