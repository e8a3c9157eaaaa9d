/**
 * Paths in tars are bytes. Inside the program they are strings: UTF-8 where it is valid, and every byte that is not
 * part of valid UTF-8 as one lone surrogate U+DC80–U+DCFF, so that two different names never become one
 * (Python's "surrogateescape", PEP 383). `showText` is the only way from such a string to a screen.
 */

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a path's bytes without loss. */
export function pathFromBytes(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

/** The very bytes that `pathFromBytes` was given. @internal */
export function bytesOfPath(path: string): Buffer {
  if (!hasEscapedByte(path)) return Buffer.from(path, "utf8");
  const parts: Buffer[] = [];
  for (const character of path) {
    const code = character.codePointAt(0) as number;
    parts.push(isEscapedByte(code) ? Buffer.from([code - 0xdc00]) : Buffer.from(character, "utf8"));
  }
  return Buffer.concat(parts);
}

function isEscapedByte(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}

function hasEscapedByte(text: string): boolean {
  return /[\udc80-\udcff]/.test(text) && !text.isWellFormed();
}

function decodeLossless(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = utf8SequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
    } else {
      text += strictUtf8.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** Length of the valid UTF-8 sequence at `at`, or 0. */
function utf8SequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strictUtf8.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** C0, DEL, C1, bidi controls, zero-width and other ignorables, separators, lone surrogates. ZWJ and VS16 stay: emoji use them. */
const unsafeOnScreen =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are meant, combining ones among them
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e0fff}]/gu;

/** As most names are: nothing has to be looked at more closely. */
const plainText = /^[ -~]*$/;

/** More than this many combining marks on one letter are stacked only to break a screen. */
const stackedMarks = /(\p{M}{4})\p{M}+/gu;

/**
 * Text as a terminal may show it: control, bidi and invisible characters visibly escaped (`\x1b`, `\n`, `\u{202e}`),
 * bytes that are not UTF-8 as `\xff`. Use it for every name, link, log line and file content that comes from outside.
 */
export function showText(text: string): string {
  if (plainText.test(text)) return text;
  unsafeOnScreen.lastIndex = 0;
  const escaped = text.replace(unsafeOnScreen, escapeCharacter);
  return escaped.replace(stackedMarks, "$1");
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  const code = character.codePointAt(0) as number;
  if (isEscapedByte(code)) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
