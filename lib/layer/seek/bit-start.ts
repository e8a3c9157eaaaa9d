import { constants, gunzipSync, inflateRawSync } from "node:zlib";
import { errnoOf } from "../../error.ts";

/**
 * Starting to inflate in the middle of a byte. Node has no `inflatePrime`, so blocks without content are put before, as
 * many bits long as are to be passed over (RFC 1951): a block with fixed codes takes 10 bits, one with codes of its own
 * 93, and of both any remainder of 8 can be made.
 */

const fixedBlock = "0100000000";

/** 256 literals without a code, the end of the block with one of 1 bit, no distance. */
const dynamicBlock = [
  // Not the last block, codes of its own, 257 literals, 1 distance, 18 lengths of codes.
  "0",
  "01",
  "00000",
  "00000",
  "0111",
  // In their order 16 17 18 0 … 14 1: 18 has 2 bits (11), 0 has 2 bits (10), 1 has 1 bit (0).
  "000",
  "000",
  "010",
  "010",
  "000".repeat(13),
  "100",
  // 138 zeros, 118 zeros, a 1, a 0; then the end.
  "11",
  "1111111",
  "11",
  "1101011",
  "0",
  "10",
  "0",
].join("");

const fillers = Array.from({ length: 8 }, (_, bits) => {
  const odd = bits % 2 === 1 ? dynamicBlock : "";
  let filler = odd;
  while (filler.length % 8 !== bits) filler += fixedBlock;
  return filler;
});

/** What to inflate before the bytes that follow `firstByte`, of which the lowest `bits` bits are passed over. */
export function bytesForBitStart(bits: number, firstByte: number): Buffer {
  const filler = fillers[bits]!;
  const bytes = Buffer.alloc(Math.ceil(filler.length / 8));
  for (let i = 0; i < filler.length; i += 1) if (filler[i] === "1") bytes[i >> 3]! |= 1 << (i & 7);
  if (bits > 0) bytes[bytes.length - 1]! |= firstByte & ~((1 << bits) - 1);
  return bytes;
}

/** Where a stream goes on after a block: at a bit of its data, or with a new gzip member at a byte. */
export type Continuation =
  | { readonly type: "block"; readonly bits: number; readonly atByte: number }
  | { readonly type: "member"; readonly atByte: number };

const memberTrailerBytes = 8;

/**
 * zlib says after which byte a block ended, not after which of its bits, nor whether it was the last one of its member.
 * All that is possible is tried. As the data is sound, what is true goes on without an error: if only one does, it is
 * that. Before a stored block some bits mean nothing: several starts that give the same bytes, beyond its end, are the same.
 * @param stored from the byte with the block's last bit on: enough for what is wrong to be found so.
 * @returns the continuation, its byte counted from the start of `stored`; null when it cannot be told.
 */
export function findContinuation(stored: Uint8Array, window: Uint8Array): Continuation | null {
  const found: Continuation[] = [];
  let output: Buffer | null = null;
  const seesStoredBlock = stored.length > longestStoredBlock;
  for (let bits = 1; bits <= 8; bits += 1) {
    const start = { type: "block", bits: bits % 8, atByte: bits >> 3 } as const;
    const goesOnWith = outputOf(stored, start, window);
    if (goesOnWith === null || (seesStoredBlock && output?.equals(goesOnWith))) continue;
    output = goesOnWith;
    found.push(start);
  }
  const member = 1 + memberTrailerBytes;
  if (memberGoesOn(stored, member)) found.push({ type: "member", atByte: member });
  return found.length === 1 ? found[0]! : null;
}

const longestStoredBlock = 64 * 1024 + 16;
const probeOptions = () => ({ finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 << 20, chunkSize: 1 << 18 });

/** What a block at this bit and those after it give; null when that is no deflate. */
function outputOf(stored: Uint8Array, { bits, atByte }: { bits: number; atByte: number }, window: Uint8Array) {
  const first = bytesForBitStart(bits, stored[atByte]!);
  const rest = stored.subarray(atByte + (bits > 0 ? 1 : 0));
  const dictionary = window.length > 0 ? { dictionary: window } : {};
  try {
    const inflated = inflateRawSync(Buffer.concat([first, rest]), { ...probeOptions(), ...dictionary, info: true });
    const { buffer, engine } = inflated as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const end = engine.bytesWritten - first.length;
    return end === rest.length || memberGoesOn(rest, end + memberTrailerBytes) ? buffer : null;
  } catch (error) {
    return isTooLarge(error) ? Buffer.alloc(0) : null;
  }
}

function memberGoesOn(stored: Uint8Array, at: number): boolean {
  if (at + 3 > stored.length) return true;
  if (stored[at] !== 0x1f || stored[at + 1] !== 0x8b || stored[at + 2] !== 8) return false;
  try {
    gunzipSync(stored.subarray(at), probeOptions());
    return true;
  } catch (error) {
    return isTooLarge(error);
  }
}

/** Much came out: it was going on. */
function isTooLarge(error: unknown): boolean {
  return errnoOf(error) === "ERR_BUFFER_TOO_LARGE";
}
