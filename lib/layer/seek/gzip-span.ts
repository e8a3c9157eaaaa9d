import { once } from "node:events";
import type { Transform } from "node:stream";
import { constants, createGunzip, createInflateRaw } from "node:zlib";
import type { BlobLocation } from "../../model/layer-index.ts";
import { readBlob } from "../read-blob.ts";
import { bytesForBitStart, findContinuation } from "./bit-start.ts";

/**
 * One stretch of a gzip layer, from a point of it to the next. Node tells nothing of the blocks of deflate, but stops at the
 * end of one when the last bytes that it is given come with `Z_BLOCK`: so a stretch gets a few megabytes, then such a last
 * piece, and a new stream goes on behind that block.
 */

/** Where a stretch begins. */
export interface GzipPoint {
  readonly tarStart: number;
  /** In the blob. At a whole byte without a window a gzip member begins, else a block within one. */
  readonly storedBit: number;
  /** The tar before the point: 32 KiB, less at its start; null where a member begins. */
  readonly window: Uint8Array | null;
}

export const startOfGzip: GzipPoint = { tarStart: 0, storedBit: 0, window: null };

const windowBytes = 32 * 1024;
/** Each piece that a stream gets: blocks of deflate are smaller, so that one ends in the last piece. */
const pieceBytes = 256 * 1024;
const probeBytes = [8 * 1024, pieceBytes / 2] as const;
const readAhead = { chunkSize: 1 << 20, readableHighWaterMark: 2 << 20 };
const memberTrailerBytes = 8;

export class GzipSpan {
  readonly #blob: BlobLocation;
  readonly #point: GzipPoint;
  readonly #leastBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #tail = new LastBytes(windowBytes);
  #tarBytes = 0;
  /** Bytes of the blob that were used, from its start. */
  #storedEnd = 0;
  /** What came with `Z_BLOCK`. */
  #lastPiece: { readonly start: number; readonly end: number } | null = null;

  /** @param leastBytes infinite: to the end, without looking for a point. */
  constructor(blob: BlobLocation, point: GzipPoint, leastBytes: number, signal: AbortSignal | undefined) {
    this.#blob = blob;
    this.#point = point;
    this.#leastBytes = leastBytes;
    this.#signal = signal;
    this.#tail.push(point.window ?? new Uint8Array(0));
  }

  /** The tar from the point on, at least so many bytes as are wanted unless it ends before. */
  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    const { storedBit } = this.#point;
    const from = Math.floor(storedBit / 8);
    const stream = this.#createStream();
    const prefix = await this.#prefix();
    const skipped = storedBit % 8 === 0 ? 0 : 1;
    const feeding = this.#feed(stream, prefix, from + skipped).catch(error => stream.destroy(error));
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#tarBytes += chunk.length;
        this.#tail.push(chunk);
        yield chunk;
      }
      this.#storedEnd = from + skipped + stream.bytesWritten - prefix.length;
    } finally {
      stream.destroy();
      await feeding;
    }
  }

  /** The point behind this stretch, after all its chunks were taken; null at the end of the layer; undefined when it cannot be told. */
  async next(): Promise<GzipPoint | null | undefined> {
    const tarStart = this.#point.tarStart + this.#tarBytes;
    if (this.#lastPiece === null || this.#storedEnd < this.#lastPiece.start) {
      // A member's data ended by itself. Within it the trailer is still to come; `createGunzip` reads all members there are.
      const memberStart = this.#storedEnd + memberTrailerBytes;
      if (this.#point.window === null || memberStart >= this.#blob.sizeBytes) return null;
      return { tarStart, storedBit: memberStart * 8, window: null };
    }
    // No block ended in the last piece.
    if (this.#storedEnd === this.#lastPiece.end) return undefined;
    const base = this.#storedEnd - 1;
    const window = this.#tail.bytes();
    for (const sizeBytes of probeBytes) {
      const found = findContinuation(await this.#read(base, sizeBytes), window);
      if (found === null) continue;
      if (found.type === "member") return { tarStart, storedBit: (base + found.atByte) * 8, window: null };
      return { tarStart, storedBit: (base + found.atByte) * 8 + found.bits, window };
    }
    return undefined;
  }

  /** Whether this stretch goes to the end of the layer, or of the member. */
  get #isLast(): boolean {
    const left = this.#blob.sizeBytes - Math.floor(this.#point.storedBit / 8);
    return this.#leastBytes === Number.POSITIVE_INFINITY || left <= 2 * pieceBytes;
  }

  #createStream(): Transform & { readonly bytesWritten: number } {
    const finish = this.#isLast ? {} : { finishFlush: constants.Z_BLOCK };
    if (this.#point.window === null) return createGunzip({ ...readAhead, ...finish });
    const dictionary = this.#point.window.length > 0 ? { dictionary: this.#point.window } : {};
    return createInflateRaw({ ...readAhead, ...finish, ...dictionary });
  }

  async #prefix(): Promise<Buffer> {
    const bits = this.#point.storedBit % 8;
    if (bits === 0) return Buffer.alloc(0);
    const [first] = await this.#read(Math.floor(this.#point.storedBit / 8), 1);
    return bytesForBitStart(bits, first!);
  }

  /** Ends the stream with a piece of its own while enough of the blob is left for the next stretch. */
  async #feed(stream: Transform, prefix: Buffer, from: number): Promise<void> {
    if (prefix.length > 0) stream.write(prefix);
    const { sizeBytes } = this.#blob;
    let at = from;
    for await (const piece of pieces(rest(this.#blob, from), this.#signal)) {
      if (stream.destroyed || stream.readableEnded) return;
      const isLast =
        !this.#isLast && (this.#tarBytes >= this.#leastBytes || sizeBytes - at - piece.length <= pieceBytes);
      if (isLast) {
        // The flush of the end is only for what waits while it is called: so something else is on its way.
        stream.write(piece.subarray(0, 1));
        stream.end(piece.subarray(1));
        this.#lastPiece = { start: at + 1, end: at + piece.length };
        return;
      }
      at += piece.length;
      if (!stream.write(piece)) await drained(stream);
    }
    stream.end();
  }

  async #read(from: number, sizeBytes: number): Promise<Buffer> {
    const piece = { ...rest(this.#blob, from), sizeBytes: Math.min(sizeBytes, this.#blob.sizeBytes - from) };
    const chunks: Buffer[] = [];
    for await (const chunk of readBlob(piece, this.#signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

function rest({ file, offset, sizeBytes }: BlobLocation, from: number): BlobLocation {
  return { file, offset: offset + from, sizeBytes: sizeBytes - from };
}

async function* pieces(blob: BlobLocation, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of readBlob(blob, signal)) {
    for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
  }
}

/** Until the stream takes more, or is over. */
async function drained(stream: Transform): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const over = ["drain", "close", "end"].map(event => once(stream, event, { signal }).catch(() => {}));
  await Promise.race(over);
  stop.abort();
}

/** The last bytes of what was pushed. */
class LastBytes {
  readonly #most: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length - this.#chunks[0]!.length >= this.#most) this.#length -= this.#chunks.shift()!.length;
  }

  bytes(): Uint8Array {
    const all = Buffer.concat(this.#chunks);
    return Buffer.from(all.subarray(Math.max(0, all.length - this.#most)));
  }
}
