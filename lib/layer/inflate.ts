import { createGunzip, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { Compression } from "../model/layer-index.ts";
import { chunkSize, readAhead, through } from "./through-stream.ts";
import { uncheckedMember } from "./unchecked-gzip.ts";
import { type FramePiece, ZstdFrameSplitter } from "./zstd-frames.ts";

/**
 * From the stored bytes of a layer to its tar. Inflating runs on Node's thread pool while the consumer works on the chunk
 * before, as long as the stream may read ahead.
 */

/** A frame up to this size is decompressed at once, if it does not get larger than `maxOutputLength`: streams are slow to set up. */
const smallFrameBytes = 64 * 1024;
const maxOutputLength = 4 << 20;

/** @throws LabError `damaged` when the compressed data is broken, cut off, or followed by something else. */
export function inflate(stored: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  if (compression === "none") return stored;
  return withPlaceOfError(compression, compression === "gzip" ? gunzip(stored) : unzstd(stored));
}

/**
 * As `inflate` for gzip, but the checksum of its first member is not compared, which takes a fifth of the time or more: only
 * for who knows the digest that the tar must have, and compares that.
 */
export function inflateUnchecked(stored: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return withPlaceOfError("gzip", gunzipUnchecked(stored));
}

/**
 * Gives the memory of a chunk of `inflate` back at once, for who will not look at it again: the collector would run for
 * every 64 MB of them. Only a chunk that fills its buffer: the stream writes on into others.
 */
export function releaseChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (chunk.length === chunkSize && chunk.length === buffer.byteLength && buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}

/** Says of an error in the compressed data where in the tar it is; the chunks begin at `tarStart`. */
export async function* withPlaceOfError(
  format: string,
  tar: AsyncIterable<Uint8Array>,
  tarStart = 0,
): AsyncGenerator<Uint8Array, void, void> {
  let tarBytes = tarStart;
  try {
    for await (const chunk of tar) {
      tarBytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof LabError || !isDataError(error)) throw error;
    throw new LabError("damaged", `damaged ${format} data: ${messageOf(error)}, after ${tarBytes} bytes of the tar`, {
      hint: "the layer was cut off or changed; build or fetch it again",
      cause: error,
    });
  }
}

function isDataError(error: unknown): boolean {
  return /^(Z_|ZSTD_|ERR_ZLIB)/.test(errnoOf(error) ?? "") || error instanceof TrailingData;
}

class TrailingData extends Error {}
const trailingData = "something follows the compressed data";

async function* gunzip(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let storedBytes = 0;
  async function* counted() {
    for await (const chunk of stored) {
      storedBytes += chunk.length;
      yield chunk;
    }
  }
  const stream = createGunzip(readAhead);
  yield* through(counted(), stream);
  // Node reads several members, refuses most of what may follow, and passes over zeros; container engines do not.
  if (stream.bytesWritten < storedBytes) throw new TrailingData(trailingData);
}

/** Most layers are one member; what follows it is read as usual. */
async function* gunzipUnchecked(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = stored[Symbol.asyncIterator]();
  const member = yield* uncheckedMember(iterator);
  let { rest } = member;
  async function* following() {
    for (;;) {
      yield rest;
      const next = await iterator.next();
      if (next.done) return;
      rest = next.value;
    }
  }
  try {
    while (member.isRead && rest.length === 0) {
      const next = await iterator.next();
      if (next.done) return;
      rest = next.value;
    }
    if (member.isRead && rest[0] === 0) throw new TrailingData(trailingData);
    yield* gunzip(following());
  } finally {
    await iterator.return?.();
  }
}

async function* unzstd(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = framePieces(stored);
  try {
    for (;;) {
      const start = await startOfFrame(pieces);
      if (start === null) return;
      const whole = start.complete ? unzstdSmall(start.bytes) : null;
      if (whole !== null) yield whole;
      else yield* through(restOfFrame(start, pieces), createZstdDecompress(readAhead));
    }
  } finally {
    await pieces.return();
  }
}

async function* framePieces(stored: AsyncIterable<Uint8Array>): AsyncGenerator<FramePiece, void, void> {
  const splitter = new ZstdFrameSplitter();
  for await (const chunk of stored) yield* splitter.push(chunk);
  splitter.end();
}

interface FrameStart {
  readonly bytes: readonly Uint8Array[];
  readonly complete: boolean;
}

/** The pieces of the next frame until it ends or is no small one; null after the last frame. */
async function startOfFrame(pieces: AsyncGenerator<FramePiece, void, void>): Promise<FrameStart | null> {
  const bytes: Uint8Array[] = [];
  let size = 0;
  while (size <= smallFrameBytes) {
    const next = await pieces.next();
    if (next.done) return null;
    if (next.value.type === "end") return { bytes, complete: true };
    bytes.push(next.value.bytes);
    size += next.value.bytes.length;
  }
  return { bytes, complete: false };
}

/** Null when the frame gets too large for one buffer. */
function unzstdSmall(bytes: readonly Uint8Array[]): Buffer | null {
  try {
    return zstdDecompressSync(Buffer.concat(bytes), { maxOutputLength });
  } catch (error) {
    if (errnoOf(error) === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

async function* restOfFrame(start: FrameStart, pieces: AsyncGenerator<FramePiece, void, void>) {
  yield* start.bytes;
  if (start.complete) return;
  for (;;) {
    const next = await pieces.next();
    if (next.done || next.value.type === "end") return;
    yield next.value.bytes;
  }
}
