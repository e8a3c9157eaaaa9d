/**
 * The few text rules of Go's `strings`, `strconv` and `regexp` where JavaScript's own differ. BuildKit is written in Go,
 * and which character counts as a space decides where a word ends.
 */

/** Go's unicode.IsSpace. JavaScript's `\s` also has U+FEFF and lacks U+0085. */
export function isSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code <= 0xa0) return (code >= 0x09 && code <= 0x0d) || code === 0x20 || code === 0x85 || code === 0xa0;
  if (code < 0x1680) return false;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

export function trimSpaceStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charAt(start))) start += 1;
  return text.slice(start);
}

export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end -= 1;
  return trimSpaceStart(text.slice(0, end));
}

/** strings.TrimRight: removes the characters of `set` from the end. */
export function trimEndOf(text: string, set: string): string {
  let end = text.length;
  while (end > 0 && set.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** strings.TrimLeft. */
export function trimStartOf(text: string, set: string): string {
  let start = 0;
  while (start < text.length && set.includes(text.charAt(start))) start += 1;
  return text.slice(start);
}

/** strings.ToLower; unlike JavaScript's it never makes two letters of one. */
export function toLower(text: string): string {
  return text.replaceAll("\u0130", "i").toLowerCase();
}

const separators = /[\t\v\f\r ]+/;

/** Splits at the first run of blanks that separate Dockerfile words (a line feed is none); one or two parts. */
export function splitFirstWord(text: string): [string, string?] {
  const match = separators.exec(text);
  if (match === null) return [text];
  return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}

export function splitWords(text: string): string[] {
  return text.split(separators);
}

/** Before and after the first `separator`; the second part is undefined when there is none. */
export function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Messages do not repeat more of a text than this. */
const maxQuoted = 4096;

/** strconv.Quote, the `%q` of BuildKit's messages; a very long text is cut. */
export function quote(text: string): string {
  if (text.length > maxQuoted) return `${quote(text.slice(0, maxQuoted))}…`;
  let quoted = "";
  for (const character of text) quoted += shortEscapes[character] ?? quoteRune(character);
  return `"${quoted}"`;
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function quoteRune(character: string): string {
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) as number;
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, "0")}`;
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
