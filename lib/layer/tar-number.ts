/**
 * Numbers in tar headers, by the rules of Go's archive/tar (strconv.go), which container engines use.
 * Every parser returns NaN for what is no number; the caller knows the place for the error.
 */

/** Octal, or base-256 when the first bit is set. Beyond 2^53 precision is lost, beyond 63 bits it is NaN. */
export function parseNumeric(block: Uint8Array, from: number, length: number): number {
  return (block[from]! & 0x80) !== 0 ? parseBase256(block, from, length) : parseOctal(block, from, length);
}

function parseOctal(block: Uint8Array, from: number, length: number): number {
  const end = from + length;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = block[at]! - 0x30;
    // A NUL ends the number; anything else makes it one with padding, or none.
    if (digit < 0 || digit > 7) return at > from && block[at] === 0 ? value : parsePaddedOctal(block, from, length);
    value = value * 8 + digit;
  }
  return value;
}

function parsePaddedOctal(block: Uint8Array, from: number, length: number): number {
  let at = from;
  let end = from + length;
  while (at < end && isPadding(block[at]!)) at += 1;
  while (end > at && isPadding(block[end - 1]!)) end -= 1;
  let value = 0;
  for (; at < end && block[at] !== 0; at += 1) {
    const digit = block[at]! - 0x30;
    if (digit < 0 || digit > 7) return Number.NaN;
    value = value * 8 + digit;
  }
  return value;
}

function isPadding(byte: number): boolean {
  return byte === 0x20 || byte === 0;
}

/** Two's complement, big-endian, the first bit only marks the form. */
function parseBase256(block: Uint8Array, from: number, length: number): number {
  const inverted = (block[from]! & 0x40) !== 0 ? 0xff : 0;
  let value = 0;
  for (let i = 0; i < length; i += 1) {
    const byte = block[from + i]! ^ inverted;
    value = value * 256 + (i === 0 ? byte & 0x7f : byte);
  }
  if (value >= 2 ** 63) return Number.NaN;
  return inverted === 0 ? value : -value - 1;
}

/** A decimal integer of at most 63 bits. */
export function parseDecimal(text: string): number {
  if (!/^[+-]?\d{1,30}$/.test(text)) return Number.NaN;
  const value = Number(text);
  return value >= -(2 ** 63) && value < 2 ** 63 ? value : Number.NaN;
}

/** Seconds and nanoseconds (0 to 999,999,999) of a PAX time such as `-1.5`; digits after the ninth are cut off. */
export function parsePaxTime(text: string): { seconds: number; nanos: number } | null {
  const [, whole, fraction = ""] = /^([+-]?\d{1,30})(?:\.(\d*))?$/.exec(text) ?? [];
  const seconds = parseDecimal(whole ?? "");
  if (Number.isNaN(seconds)) return null;
  const nanos = Number(fraction.slice(0, 9).padEnd(9, "0"));
  if (nanos === 0 || !text.startsWith("-")) return { seconds, nanos };
  return { seconds: seconds - 1, nanos: 1e9 - nanos };
}
