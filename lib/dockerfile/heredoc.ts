import type { Heredoc } from "./dockerfile.ts";
import type { ExpandOptions, Variables } from "./expansion.ts";
import { trimEndOf, trimStartOf } from "./go-text.ts";
import type { LineReader } from "./lines.ts";
import { lexWord } from "./shell-lexer.ts";
import { SyntaxFault } from "./syntax-error.ts";

export type HeredocStart = Omit<Heredoc, "content">;

const noVariables: Variables = new Map();
/** Heredocs are always read with `\` as the escape, whatever the Dockerfile's directive says. */
const plain: ExpandOptions = { keepUnset: true };
const rawQuotes: ExpandOptions = { keepUnset: true, rawQuotes: true };
const raw: ExpandOptions = { keepUnset: true, rawQuotes: true, rawEscapes: true };

/** The heredocs that a line opens, in order. A line whose quotes do not close opens none. */
export function heredocsOfLine(line: string): HeredocStart[] {
  if (!line.includes("<<")) return [];
  return wordsOfLine(line)
    .map(parseHeredocWord)
    .filter(heredoc => heredoc !== null);
}

function wordsOfLine(line: string): readonly string[] {
  try {
    return lexWord(line, noVariables, raw).words;
  } catch (error) {
    if (error instanceof SyntaxFault) return [];
    throw error;
  }
}

const heredocForm = /^(\d*)<<(-?)([^<]*)$/;

/** `<<NAME`, `<<-NAME`, `3<<"NAME"`; null when the word is something else. @throws SyntaxFault for unclosed quotes. */
export function parseHeredocWord(word: string): HeredocStart | null {
  const match = heredocForm.exec(word);
  const rest = match === null ? "" : trimStartOf(match[3] as string, "\t\n\f\r ");
  if (match === null || rest === "") return null;
  const unquoted = lexWord(rest, noVariables, plain).words;
  if (unquoted.length !== 1) return null;
  const quoted = lexWord(rest, noVariables, rawQuotes).words;
  if (quoted.length !== 1) {
    throw new SyntaxFault(`internal lexing of heredoc produced inconsistent results: ${rest}`);
  }
  const name = unquoted[0] as string;
  return {
    name,
    fileDescriptor: Number(match[1]),
    chomp: match[2] === "-",
    expand: countQuotes(name) === countQuotes(quoted[0] as string),
  };
}

/** For words in an argument list, where a malformed heredoc counts as an ordinary word. */
export function isHeredocWord(word: string): boolean {
  try {
    return parseHeredocWord(word) !== null;
  } catch (error) {
    if (error instanceof SyntaxFault) return false;
    throw error;
  }
}

function countQuotes(text: string): number {
  return text.split(/['"]/).length - 1;
}

/** Reads the content up to the line with the heredoc's name. @throws SyntaxFault when there is none. */
export function readHeredoc(start: HeredocStart, lines: LineReader): Heredoc {
  const content: string[] = [];
  for (let line = lines.next(); line !== null; line = lines.next()) {
    const bare = trimEndOf(line, "\r\n");
    if ((start.chomp ? trimStartOf(bare, "\t") : bare) === start.name) return { ...start, content: content.join("") };
    content.push(line);
  }
  throw new SyntaxFault(
    "unterminated heredoc",
    `end the heredoc with a line that holds only ${start.name}${lines.stoppedAtLongLine ? ", and keep every line under 64 KiB" : ""}`,
  );
}
