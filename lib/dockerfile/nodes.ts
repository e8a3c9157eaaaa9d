import { LabError } from "../error.ts";
import {
  type Arguments,
  blankSeparated,
  jsonOrString,
  jsonOrWords,
  namesAndValues,
  oneString,
  quotedWords,
  typeAndCommand,
} from "./arguments.ts";
import { splitFlags } from "./builder-flags.ts";
import { DirectiveParser } from "./directive.ts";
import type { Directive, EscapeToken, Heredoc } from "./dockerfile.ts";
import { splitFirstWord, toLower, trimEndOf, trimSpace, trimSpaceStart } from "./go-text.ts";
import { heredocsOfLine, readHeredoc } from "./heredoc.ts";
import { LineReader, maxLineBytes } from "./lines.ts";
import { atLine, SyntaxFault, syntaxError } from "./syntax-error.ts";

/** One instruction as the parser sees it, before it is judged. Mirrors BuildKit's `parser.Node`. */
export interface ParsedNode {
  /** As written. */
  readonly keyword: string;
  /** Lines joined, blanks around it kept. */
  readonly original: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  readonly json: boolean;
  /** ONBUILD: the instruction in it. */
  readonly child: ParsedNode | null;
}

export interface PlacedNode extends ParsedNode {
  readonly line: number;
  readonly endLine: number;
  readonly heredocs: readonly Heredoc[];
}

export interface ParsedFile {
  readonly escape: EscapeToken;
  readonly directives: readonly Directive[];
  readonly nodes: readonly PlacedNode[];
}

const maxTextLength = 16 << 20;
const maxNodes = 100_000;
/** ONBUILD in ONBUILD is always refused; deeper ones need not be looked at. */
const maxNesting = 10;

/**
 * Splits a Dockerfile into instructions. Mirrors BuildKit's `parser.Parse`.
 * @throws LabError `dockerfile-syntax`, `too-large`.
 */
export function parseNodes(text: string): ParsedFile {
  if (text.length > maxTextLength) throw tooLarge(`is larger than ${maxTextLength >> 20} MiB`);
  const parser = new FileParser(text);
  return { nodes: parser.parse(), escape: parser.escape, directives: parser.directives.found };
}

class FileParser {
  readonly directives = new DirectiveParser();
  escape: EscapeToken = "\\";
  readonly #lines: LineReader;

  constructor(text: string) {
    this.#lines = new LineReader(text.startsWith("\ufeff") ? text.slice(1) : text);
  }

  parse(): PlacedNode[] {
    const nodes: PlacedNode[] = [];
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      const start = trimSpaceStart(trimEndOf(line, "\r\n"));
      atLine(this.#lines.line, () => this.#readDirective(start));
      if (isComment(start)) continue;
      const node = this.#readNode(start);
      if (node !== null) nodes.push(node);
      if (nodes.length > maxNodes) throw tooLarge(`has more than ${maxNodes} instructions`);
    }
    if (nodes.length === 0) {
      throw syntaxError(Math.max(1, this.#lines.line), "file with no instructions", "begin the Dockerfile with FROM");
    }
    if (this.#lines.stoppedAtLongLine) throw longLine(this.#lines.line + 1);
    return nodes;
  }

  #readDirective(line: string): void {
    const directive = this.directives.parseLine(line, this.#lines.line);
    if (directive?.name !== "escape") return;
    if (directive.value !== "\\" && directive.value !== "`") {
      throw new SyntaxFault(`invalid escape token '${directive.value}' does not match \` or \\`);
    }
    this.escape = directive.value;
  }

  /** Null for a blank line. */
  #readNode(firstLine: string): PlacedNode | null {
    const line = this.#lines.line;
    const original = this.#joinContinued(firstLine);
    if (original === null) return null;
    return atLine(line, () => {
      const node = parseNode(original, this.escape);
      const heredocs = canHoldHeredoc(node) ? heredocsOfLine(original) : [];
      const read = heredocs.map(heredoc => readHeredoc(heredoc, this.#lines));
      return { ...node, line, endLine: this.#lines.line, heredocs: read };
    });
  }

  /** Joins continuation lines; comments and blank lines between them are dropped. */
  #joinContinued(firstLine: string): string | null {
    let part = withoutContinuation(firstLine, this.escape);
    if (part === null) return firstLine === "" ? null : firstLine;
    const parts = [part];
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      const bare = trimEndOf(line, "\r\n");
      if (isComment(bare) || trimSpaceStart(bare) === "") continue;
      part = withoutContinuation(bare, this.escape);
      parts.push(part ?? bare);
      if (part === null) break;
    }
    return parts.join("");
  }
}

function isComment(line: string): boolean {
  return trimSpaceStart(line).startsWith("#");
}

/** The line without the escape token at its end, or null when it does not go on. Two escape tokens do not continue a line. */
function withoutContinuation(line: string, escapeToken: EscapeToken): string | null {
  const text = trimEndOf(line, " \t");
  if (!text.endsWith(escapeToken)) return null;
  return text.at(-2) === escapeToken ? null : text.slice(0, -1);
}

/** ADD, COPY and RUN, also in ONBUILD, unless their arguments are JSON. */
function canHoldHeredoc(node: ParsedNode): boolean {
  const inner = node.child ?? node;
  return ["add", "copy", "run"].includes(toLower(inner.keyword)) && !inner.json;
}

function parseNode(original: string, escapeToken: EscapeToken, depth = 0): ParsedNode {
  const [keyword, tail = ""] = splitFirstWord(trimSpace(original));
  const { flags, rest } = splitFlags(tail, escapeToken);
  const text = trimSpace(rest);
  if (toLower(keyword) !== "onbuild") {
    return { keyword, original, flags, ...parseArguments(keyword, text, escapeToken), child: null };
  }
  const child = text === "" || depth >= maxNesting ? null : parseNode(text, escapeToken, depth + 1);
  const args = child === null ? [] : [child.keyword, ...child.args];
  return { keyword, original, flags, args, json: false, child };
}

function parseArguments(keyword: string, rest: string, escapeToken: EscapeToken): Arguments {
  switch (toLower(keyword)) {
    case "add":
    case "copy":
    case "volume":
      return jsonOrWords(rest);
    case "arg":
      return quotedWords(rest, escapeToken);
    case "cmd":
    case "entrypoint":
    case "run":
    case "shell":
      return jsonOrString(rest);
    case "env":
      return namesAndValues(rest, "ENV", escapeToken);
    case "label":
      return namesAndValues(rest, "LABEL", escapeToken);
    case "expose":
    case "from":
      return blankSeparated(rest);
    case "healthcheck":
      return typeAndCommand(rest);
    case "maintainer":
    case "stopsignal":
    case "user":
    case "workdir":
      return oneString(rest);
    default:
      // An unknown instruction is refused later, so that faults of the file's form are told first. BuildKit gives it one empty word.
      return { args: [""], json: false };
  }
}

function tooLarge(what: string): LabError {
  return new LabError("too-large", `the Dockerfile ${what}`, { hint: "is this really a Dockerfile?" });
}

function longLine(line: number): LabError {
  return syntaxError(
    line,
    `dockerfile line greater than max allowed size of ${maxLineBytes}`,
    "break the line, or put the text into a file of the context",
  );
}
