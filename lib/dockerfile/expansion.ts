import type { EscapeToken } from "./dockerfile.ts";
import type { ExpansionBudget } from "./expansion-budget.ts";

/** Variables by name; an empty value is not the same as none. */
export type Variables = ReadonlyMap<string, string>;

export interface ExpandOptions {
  /** @defaultValue `\`, which is also what Kaniko uses whatever the Dockerfile's directive says. */
  readonly escape?: EscapeToken;
  /** Keep quotes in the result. @defaultValue false */
  readonly rawQuotes?: boolean;
  /** Keep escapes in the result. @defaultValue false */
  readonly rawEscapes?: boolean;
  /** Quotes are ordinary characters, as in the content of a heredoc. @defaultValue false */
  readonly ignoreQuotes?: boolean;
  /** Leave references to variables that are not set as they are. @defaultValue false: they become empty. */
  readonly keepUnset?: boolean;
  /** Shared by many expansions where they build on each other. @defaultValue a new one */
  readonly budget?: ExpansionBudget;
}

export interface Expansion {
  /** The word with variables replaced, quotes and escapes removed. */
  readonly text: string;
  /** The same, split at blanks outside of quotes, after variables were replaced. */
  readonly words: readonly string[];
  /** Names of the variables that were looked up and are set. */
  readonly matched: ReadonlySet<string>;
  /** Names of the variables that were looked up and are not set. */
  readonly unmatched: ReadonlySet<string>;
}
