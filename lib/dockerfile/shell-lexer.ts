import { LabError } from "../error.ts";
import type { ExpandOptions, Expansion, Variables } from "./expansion.ts";
import { ExpansionBudget } from "./expansion-budget.ts";
import { quote } from "./go-text.ts";
import { RuneReader } from "./rune-reader.ts";
import { replaceMatches, trimPrefix, trimSuffix } from "./shell-pattern.ts";
import { SyntaxFault } from "./syntax-error.ts";
import { WordList } from "./word-list.ts";

const maxDepth = 500;

/**
 * Mirrors BuildKit's shell lexer (`Lex.process`), its quirks included: Kaniko expands base names, arguments, paths and
 * heredocs with it.
 * @throws SyntaxFault for a bad or unclosed substitution or quote, and for `${V:?message}`.
 */
export function lexWord(word: string, variables: Variables, options: ExpandOptions = {}): Expansion {
  const lexer = new ShellLexer(word, variables, options);
  try {
    const [text, words] = lexer.until("", options.rawEscapes ?? false, 0);
    return { text, words, matched: lexer.matched, unmatched: lexer.unmatched };
  } catch (error) {
    if (error instanceof SyntaxFault) throw new SyntaxFault(`failed to process ${quote(word)}: ${error.message}`);
    throw error;
  }
}

class ShellLexer {
  readonly matched: Set<string> = new Set();
  readonly unmatched: Set<string> = new Set();
  readonly #reader: RuneReader;
  readonly #variables: Variables;
  readonly #escape: string;
  readonly #rawQuotes: boolean;
  readonly #ignoreQuotes: boolean;
  readonly #keepUnset: boolean;
  readonly #budget: ExpansionBudget;
  /** One for all levels, as in BuildKit: a nested substitution makes the word before it forget its beginning. */
  readonly #wordBuffer = { text: "" };
  #rawEscapes: boolean;

  constructor(word: string, variables: Variables, options: ExpandOptions) {
    this.#reader = new RuneReader(word);
    this.#variables = variables;
    this.#escape = options.escape ?? "\\";
    this.#rawQuotes = options.rawQuotes ?? false;
    this.#rawEscapes = options.rawEscapes ?? false;
    this.#ignoreQuotes = options.ignoreQuotes ?? false;
    this.#keepUnset = options.keepUnset ?? false;
    this.#budget = options.budget ?? new ExpansionBudget();
  }

  /** Reads up to and including the character `stop`, or to the end for "". Gives the text and its words. */
  until(stop: string, rawEscapes: boolean, depth: number): [string, string[]] {
    if (depth > maxDepth) {
      throw new LabError("too-large", "substitutions in the Dockerfile are nested too deeply", {
        hint: `nest \${…} at most ${maxDepth} times`,
      });
    }
    const outer = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    try {
      return this.#readUntil(stop, depth);
    } finally {
      this.#rawEscapes = outer;
    }
  }

  #readUntil(stop: string, depth: number): [string, string[]] {
    let text = "";
    this.#wordBuffer.text = "";
    const words = new WordList(this.#wordBuffer);
    for (let next = this.#reader.peek(); next !== ""; next = this.#reader.peek()) {
      if (next === stop) {
        this.#reader.next();
        return [text, words.finish()];
      }
      const special = this.#special(next, depth);
      if (special === null) {
        text += this.#plain(words);
        continue;
      }
      text += special;
      if (next === "$") words.addText(special);
      else words.addRaw(special);
    }
    if (stop !== "") throw new SyntaxFault(`unexpected end of statement while looking for matching ${stop}`);
    return [text, words.finish()];
  }

  #special(next: string, depth: number): string | null {
    if (next === "$") return this.#dollar(depth);
    if (next === "<") return this.#possibleHeredoc();
    if (this.#ignoreQuotes) return null;
    if (next === "'") return this.#singleQuoted();
    return next === '"' ? this.#doubleQuoted(depth) : null;
  }

  #plain(words: WordList): string {
    const character = this.#reader.next();
    if (character !== this.#escape) {
      words.addCharacter(character);
      return character;
    }
    const kept = this.#rawEscapes ? character : "";
    if (kept !== "") words.addRaw(kept);
    const escaped = this.#reader.next();
    if (escaped !== "") words.addRaw(escaped);
    return kept + escaped;
  }

  #singleQuoted(): string {
    const mark = this.#rawQuotes ? "'" : "";
    let text = mark;
    this.#reader.next();
    for (;;) {
      const character = this.#reader.next();
      if (character === "") {
        throw new SyntaxFault("unexpected end of statement while looking for matching single-quote");
      }
      if (character === "'") return text + mark;
      text += character;
    }
  }

  #doubleQuoted(depth: number): string {
    const mark = this.#rawQuotes ? '"' : "";
    let text = mark;
    this.#reader.next();
    for (;;) {
      const next = this.#reader.peek();
      if (next === "") throw new SyntaxFault("unexpected end of statement while looking for matching double-quote");
      if (next === "$") {
        text += this.#dollar(depth);
        continue;
      }
      this.#reader.next();
      if (next === '"') return text + mark;
      text += next === this.#escape ? this.#escapedInQuotes() : next;
    }
  }

  /** Inside double quotes only the quote, the dollar and the escape token itself are escaped. */
  #escapedInQuotes(): string {
    const kept = this.#rawEscapes ? this.#escape : "";
    const next = this.#reader.peek();
    if (next === "") return kept;
    if (next !== '"' && next !== "$" && next !== this.#escape) return kept + this.#escape;
    return kept + this.#reader.next();
  }

  #possibleHeredoc(): string {
    this.#reader.next();
    if (this.#reader.peek() !== "<") return "<";
    this.#reader.next();
    let text = "<<";
    while (["\t", "\r", " "].includes(this.#reader.peek())) text += this.#reader.next();
    return text;
  }

  #dollar(depth: number): string {
    this.#reader.next();
    if (this.#reader.peek() === "{") {
      this.#reader.next();
      return this.#braced(depth);
    }
    const name = this.#name();
    if (name === "") return "$";
    const value = this.#lookUp(name);
    if (value === undefined && this.#keepUnset) return `$${name}`;
    return value ?? "";
  }

  #braced(depth: number): string {
    const first = this.#reader.peek();
    if (first === "") throw new SyntaxFault("syntax error: missing '}'");
    if (first === "{" || first === "}" || first === ":") throw new SyntaxFault("syntax error: bad substitution");
    const name = this.#name();
    const modifier = this.#reader.next();
    switch (modifier) {
      case "}": {
        const value = this.#lookUp(name);
        if (value === undefined && this.#keepUnset) return `\${${name}}`;
        return value ?? "";
      }
      case ":":
        return this.#modified(name, this.#reader.next(), true, depth);
      case "+":
      case "-":
      case "?":
      case "#":
      case "%":
        return this.#modified(name, modifier, false, depth);
      case "/":
        return this.#replaced(name, depth);
      default:
        throw unsupported(modifier || "\ufffd");
    }
  }

  /** `${V:-w}` and its kin; after a colon an empty value counts as none. */
  #modified(name: string, modifier: string, emptyIsUnset: boolean, depth: number): string {
    const shown = (emptyIsUnset ? ":" : "") + (modifier || "\ufffd");
    const isTrim = modifier === "#" || modifier === "%";
    if (emptyIsUnset && isTrim) throw unsupported(shown);
    const word = this.#part("}", isTrim, depth, "syntax error: missing '}'");
    const value = this.#lookUp(name);
    if (value === undefined && this.#keepUnset) return `\${${name}${shown}${word}}`;
    const has = value !== undefined && !(emptyIsUnset && value === "");
    switch (modifier) {
      case "-":
        return has ? value : word;
      case "+":
        return has ? word : "";
      case "?":
        if (has) return value;
        throw new SyntaxFault(
          `${name}: ${word || (value === undefined ? "is not allowed to be unset" : "is not allowed to be empty")}`,
        );
      case "#":
      case "%":
        return this.#trimmed(value ?? "", modifier, word);
      default:
        throw unsupported(shown);
    }
  }

  #trimmed(value: string, modifier: "#" | "%", word: string): string {
    const longest = word.startsWith(modifier);
    const pattern = longest ? word.slice(1) : word;
    const trim = modifier === "%" ? trimSuffix : trimPrefix;
    return trim(pattern, value, longest, this.#budget);
  }

  #replaced(name: string, depth: number): string {
    const all = this.#reader.peek() === "/";
    if (all) this.#reader.next();
    const pattern = this.#part("/", true, depth, `syntax error: missing '/' in \${}`);
    const replacement = this.#part("}", true, depth, "syntax error: missing '}'");
    const value = this.#lookUp(name);
    if (value === undefined && this.#keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    return replaceMatches(pattern, value ?? "", replacement, all, this.#budget);
  }

  /** Any fault that leaves nothing to read counts as the missing end, as in BuildKit. */
  #part(stop: string, rawEscapes: boolean, depth: number, missing: string): string {
    try {
      return this.until(stop, rawEscapes, depth + 1)[0];
    } catch (error) {
      if (error instanceof SyntaxFault && this.#reader.peek() === "") throw new SyntaxFault(missing);
      throw error;
    }
  }

  /** A name, all digits of a positional parameter, or one special parameter; "" when there is none. */
  #name(): string {
    const first = this.#reader.peek();
    if (/^\p{Nd}/u.test(first)) return this.#while(/^\p{Nd}/u);
    if (first !== "" && "@*#?-$!".includes(first)) return this.#reader.next();
    return this.#while(/^[\p{L}\p{Nd}_]/u);
  }

  #while(allowed: RegExp): string {
    let text = "";
    while (allowed.test(this.#reader.peek())) text += this.#reader.next();
    return text;
  }

  #lookUp(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    this.#budget.spend(value?.length ?? 0);
    return value;
  }
}

function unsupported(modifier: string): SyntaxFault {
  return new SyntaxFault(`unsupported modifier (${modifier}) in substitution`);
}
