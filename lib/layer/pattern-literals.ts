/**
 * Text that every match of a pattern must have: a search looks for its bytes first, which is many times faster than trying
 * every path. "" where that cannot be told simply.
 */

/** The longest piece of a glob without anything special; slashes are special, as two stars may stand for none. */
export function literalOfGlob(pattern: string): string {
  // Alternatives, classes, escapes, extended globs; and dots as names, which are resolved.
  if (/[{}()[\]\\]/.test(pattern) || pattern.split("/").some(name => name === "." || name === "..")) return "";
  return pattern.split(/[*?/]/).reduce((longest, piece) => (piece.length > longest.length ? piece : longest), "");
}

/** The plain letters that a regular expression begins with, where nothing in it can make them optional or look around. */
export function literalOfRegex(pattern: string): string {
  if (/[|^]|\(\?|\\[bB]/.test(pattern)) return "";
  const [plain = ""] = /^[A-Za-z0-9_@%=:,<>~#&"' -]*/.exec(pattern) ?? [];
  return /^[*?{]/.test(pattern.slice(plain.length)) ? plain.slice(0, -1) : plain;
}
