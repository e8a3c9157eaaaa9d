import type { Compression } from "../model/layer-index.ts";

/** How many first bytes `detectCompression` wants to see. */
export const magicBytes = 4;

/**
 * Tells a layer's compression by its first bytes; names and media types are not to be trusted. Anything that is neither
 * gzip nor zstd counts as a plain tar, and the scanner says what is wrong when it is none.
 */
export function detectCompression(firstBytes: Uint8Array): Compression {
  const [a, b, c, d] = firstBytes;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  // A skippable frame (RFC 8878, 3.1.2) may come first, as in files of pzstd.
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return "zstd";
  return "none";
}
