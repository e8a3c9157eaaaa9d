import { type FileHandle, open, utimes } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, zstdDecompress } from "node:zlib";
import { errnoOf } from "../../error.ts";
import { type Digest, digestOfHex, hexOf } from "../../model/digest.ts";

/**
 * What makes the middle of a compressed layer readable without all that stands before it: points, each with the place
 * of the tar where it begins, and what is needed to go on from there.
 *
 *     payloads       zstd frames with checksums
 *     table          for each point four 64-bit floats: start in the tar, bit in the blob, offset and size of the payload
 *     footer         magic, 8 bytes · version, byte-order marker, points, checksum (CRC-32 of table and footer, this
 *                    field as 0) · end of what the points cover, size of the blob (64-bit floats) · digest of the blob
 *
 * Of gzip a payload is the window: the 32 KiB of the tar before the point. Of zstd, which cannot be entered within a
 * frame, it is the content itself from this point to the next.
 */

export interface SeekPoint {
  readonly tarStart: number;
  /** Position in the blob in bits; of no meaning for zstd. */
  readonly storedBit: number;
  readonly payloadOffset: number;
  /** 0: no payload. */
  readonly payloadBytes: number;
}

export interface SeekTable {
  readonly points: readonly SeekPoint[];
  /** How much of the tar can be reached: where the last point begins (gzip), or where its content ends (zstd). */
  readonly tarEnd: number;
}

/** Which blob the points are for. */
export interface SeekIdentity {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

const magic = Buffer.from("klabseek");
const version = 1;
const byteOrderMark = 0x01020304;
const pointFields = 4;
const footerBytes = 72;

/** Table and footer. */
export function encodeSeekTable({ points, tarEnd }: SeekTable, identity: SeekIdentity): Buffer {
  const tableBytes = points.length * pointFields * 8;
  const bytes = new Uint8Array(tableBytes + footerBytes);
  const table = new Float64Array(bytes.buffer, 0, points.length * pointFields);
  for (const [i, point] of points.entries()) {
    table.set([point.tarStart, point.storedBit, point.payloadOffset, point.payloadBytes], i * pointFields);
  }
  bytes.set(magic, tableBytes);
  const words = new Uint32Array(bytes.buffer, tableBytes + 8, 4);
  words.set([version, byteOrderMark, points.length, 0]);
  new Float64Array(bytes.buffer, tableBytes + 24, 2).set([tarEnd, identity.sizeBytes]);
  bytes.set(Buffer.from(hexOf(identity.digest), "hex"), tableBytes + 40);
  words[3] = crc32(bytes);
  return Buffer.from(bytes.buffer);
}

/** An open file of points. */
export class SeekFile {
  readonly table: SeekTable;
  readonly #handle: FileHandle;

  constructor(table: SeekTable, handle: FileHandle) {
    this.table = table;
    this.#handle = handle;
  }

  /** The last point that begins at or before this place of the tar, or null. */
  pointBefore(tarOffset: number): SeekPoint | null {
    const { points } = this.table;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle]!.tarStart <= tarOffset) low = middle + 1;
      else high = middle;
    }
    return points[low - 1] ?? null;
  }

  /** @throws an error of the system or of the decompression: the file is damaged then. */
  async payload(point: SeekPoint): Promise<Buffer> {
    const stored = await readFully(this.#handle, point.payloadOffset, point.payloadBytes);
    return promisify(zstdDecompress)(stored, { maxOutputLength: largestPayloadBytes, chunkSize: largestPayloadBytes });
  }

  /** All payloads as they are stored, up to a place in the file. */
  async storedPayloads(from: number, to: number): Promise<Buffer> {
    return readFully(this.#handle, from, to - from);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** A payload holds at most so many bytes. */
export const largestPayloadBytes = 1 << 20;

/** The points of a blob, or null when there are none, they are damaged, or belong to another blob. The reader closes it. */
export async function openSeekFile(file: string, identity: SeekIdentity): Promise<SeekFile | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
  const table = await readTable(handle, identity).catch(() => null);
  if (table === null) {
    await handle.close();
    return null;
  }
  // When it was used last decides which file goes when there are too many.
  await utimes(file, new Date(), new Date()).catch(() => {});
  return new SeekFile(table, handle);
}

async function readTable(handle: FileHandle, identity: SeekIdentity): Promise<SeekTable | null> {
  const { size } = await handle.stat();
  if (size < footerBytes) return null;
  const footer = await readFully(handle, size - footerBytes, footerBytes);
  const count = footer.readUInt32LE(16);
  const tableBytes = count * pointFields * 8;
  if (tableBytes > size - footerBytes) return null;
  const tail = await readFully(handle, size - footerBytes - tableBytes, tableBytes + footerBytes);
  return decodeSeekTable(tail, identity, size - tail.length);
}

function decodeSeekTable(tail: Buffer, identity: SeekIdentity, payloadsEnd: number): SeekTable | null {
  const bytes = Uint8Array.from(tail);
  const tableBytes = bytes.length - footerBytes;
  const words = new Uint32Array(bytes.buffer, tableBytes + 8, 4);
  const checksum = words[3];
  words[3] = 0;
  if (!magic.equals(bytes.subarray(tableBytes, tableBytes + 8)) || checksum !== crc32(bytes)) return null;
  if (words[0] !== version || words[1] !== byteOrderMark || words[2]! * pointFields * 8 !== tableBytes) return null;
  const [tarEnd, sizeBytes] = new Float64Array(bytes.buffer, tableBytes + 24, 2);
  const digest = digestOfHex(Buffer.from(bytes.subarray(tableBytes + 40)).toString("hex"));
  if (digest !== identity.digest || sizeBytes !== identity.sizeBytes) return null;
  const table = new Float64Array(bytes.buffer, 0, words[2]! * pointFields);
  const points: SeekPoint[] = [];
  for (let i = 0; i < table.length; i += pointFields) {
    const [tarStart, storedBit, payloadOffset, payloadBytes] = table.subarray(i, i + pointFields);
    if (payloadOffset! + payloadBytes! > payloadsEnd) return null;
    points.push({
      tarStart: tarStart!,
      storedBit: storedBit!,
      payloadOffset: payloadOffset!,
      payloadBytes: payloadBytes!,
    });
  }
  return { points, tarEnd: tarEnd! };
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let fill = 0;
  while (fill < length) {
    const { bytesRead } = await handle.read(buffer, fill, length - fill, position + fill);
    if (bytesRead === 0) throw new Error("a file of points that ends too early");
    fill += bytesRead;
  }
  return buffer;
}
