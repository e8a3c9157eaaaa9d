/** Words for a POSIX shell, whatever is in them. */

import { quoteWord } from "../ci/shell/quote-word.ts";
import { fillText, type Hole, isHole, type Text } from "./text.ts";

/** `git-describe` → `GIT_DESCRIBE`; a name that is one already stays. */
export function variableName(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  const made = name.toUpperCase().replace(/[^A-Z0-9_]+/g, "_");
  return /^\d/.test(made) ? `_${made}` : made;
}

/** A word in which the values of holes stand as they are, and those that are not known are variables. */
export function shellWord(text: Text): string {
  const pieces: (string | Hole)[] = [];
  for (const piece of text) {
    const known = isHole(piece) ? piece.value : piece;
    const last = pieces.at(-1);
    if (known === null) pieces.push(piece);
    else if (typeof last === "string") pieces[pieces.length - 1] = last + known;
    else pieces.push(known);
  }
  if (pieces.length === 0) return "''";
  return fillText(pieces, quoteWord, ({ name }) => `"\${${variableName(name)}}"`);
}

/** A command with one word on each line. */
export function commandLines(start: string, words: readonly string[]): string {
  return [start, ...words.map(word => `  ${word}`)].join(" \\\n");
}

/** Lines that end a script when a variable is not set. */
export function requiredVariables(names: readonly string[]): string[] {
  return [...new Set(names)].map(name => `: "\${${name}:?has to be set}"`);
}

/** Names of the variables for what is not known. */
export function unknownVariables(texts: readonly Text[]): string[] {
  const holes = texts.flat().filter(isHole);
  return [...new Set(holes.filter(({ value }) => value === null).map(({ name }) => variableName(name)))];
}

/** The variable that holds the file of a secret, or the secret itself. */
export function secretVariable(id: string): string {
  return `SECRET_${id.toUpperCase().replace(/[^A-Z0-9_]+/g, "_")}`;
}
