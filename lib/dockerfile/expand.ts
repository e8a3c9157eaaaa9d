import { LabError } from "../error.ts";
import type { ExpandOptions, Expansion, Variables } from "./expansion.ts";
import { lexWord } from "./shell-lexer.ts";
import { SyntaxFault } from "./syntax-error.ts";

/**
 * Expands variables in one word, as Kaniko does for base names, arguments, paths and environment values.
 * @throws LabError `dockerfile-syntax` for a bad substitution or an unclosed quote, `too-large` when it would not end.
 */
export function expandWord(word: string, variables: Variables, options: ExpandOptions = {}): Expansion {
  try {
    return lexWord(word, variables, options);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new LabError("dockerfile-syntax", error.message, { hint: "correct the substitution or the quotes" });
  }
}

/** Expands variables and splits what comes out at blanks outside of quotes. @throws as `expandWord`. */
export function expandWords(word: string, variables: Variables, options: ExpandOptions = {}): readonly string[] {
  return expandWord(word, variables, options).words;
}
