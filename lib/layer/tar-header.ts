import { parseNumeric } from "./tar-number.ts";

/** One 512-byte header block: checksum, which dialect, and the fields that all dialects share. */

export const blockBytes = 512;

export type TarDialect = "v7" | "ustar" | "star" | "gnu";

/** The words of bytes, for summing them up four at a time; null where they are not aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array | null {
  return bytes.byteOffset % 4 === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2) : null;
}

/**
 * Null when the checksum is wrong: the block is no tar header.
 * @param words those of `block` where `at` is aligned, and many headers lie in one buffer: making them each time would cost more than the sum.
 */
export function dialectOf(block: Uint8Array, at: number, words: Uint32Array | null = null): TarDialect | null {
  if (!checksumIsRight(block, at, words)) return null;
  if (!hasAscii(block, at + 257, "ustar")) return "v7";
  if (block[at + 262] === 0) return hasAscii(block, at + 508, "tar\0") ? "star" : "ustar";
  return hasAscii(block, at + 262, "  \0") ? "gnu" : "v7";
}

function hasAscii(block: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (block[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Both sums count: of the bytes as unsigned (POSIX) and as signed numbers (old Sun tars). */
function checksumIsRight(block: Uint8Array, at: number, words: Uint32Array | null): boolean {
  const stated = parseNumeric(block, at + 148, 8);
  const sum = sumOfBytes(block, at, words) + 8 * 0x20;
  return stated === sum || stated === signedSum(block, at);
}

/** Sum of all bytes but the checksum field itself. */
function sumOfBytes(block: Uint8Array, at: number, words: Uint32Array | null): number {
  let sum = 0;
  if (words !== null) {
    let even = 0;
    let odd = 0;
    const end = (at + blockBytes) >>> 2;
    for (let i = at >>> 2; i < end; i += 1) {
      const word = words[i]!;
      even += word & 0x00ff00ff;
      odd += (word >>> 8) & 0x00ff00ff;
    }
    sum = (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
  } else {
    for (let i = 0; i < blockBytes; i += 1) sum += block[at + i]!;
  }
  for (let i = 148; i < 156; i += 1) sum -= block[at + i]!;
  return sum;
}

function signedSum(block: Uint8Array, at: number): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < blockBytes; i += 1) {
    if (i < 148 || i >= 156) sum += (block[at + i]! << 24) >> 24;
  }
  return sum;
}

export function isZeroBlock(block: Uint8Array, at: number): boolean {
  for (let i = 0; i < blockBytes; i += 1) if (block[at + i] !== 0) return false;
  return true;
}

/** Length of a text field that ends at a NUL or at the end of the field. */
export function textLength(block: Uint8Array, at: number, fieldBytes: number): number {
  let length = 0;
  while (length < fieldBytes && block[at + length] !== 0) length += 1;
  return length;
}

/** Rounded up to whole blocks. */
export function paddedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}
