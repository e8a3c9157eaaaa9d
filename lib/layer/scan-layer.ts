import { createHash, type Hash, hash } from "node:crypto";
import { LabError } from "../error.ts";
import type { DiffId, Digest } from "../model/digest.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { ColumnsBuilder } from "./columns-builder.ts";
import { detectCompression, magicBytes } from "./compression.ts";
import type { TarHeader } from "./header-fields.ts";
import { inflate, inflateUnchecked, releaseChunk } from "./inflate.ts";
import type { ColumnData } from "./layer-columns.ts";
import { checkInflation, defaultLimits, type LayerLimits } from "./limits.ts";
import type { PlainRowsSink } from "./plain-entries.ts";
import { readBlob } from "./read-blob.ts";
import { SmallDigests } from "./small-digests.ts";
import { OwnDigests, type StreamDigests } from "./stream-digests.ts";
import { TarScanner, type TarSink } from "./tar-scanner.ts";

export interface ScanOptions {
  readonly expectedDigest?: Digest | undefined;
  readonly expectedDiffId?: DiffId | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: LayerLimits | undefined;
  /** Who hashes the layer as a whole. @defaultValue the calling thread */
  readonly digests?: StreamDigests | undefined;
  /** Bytes of the blob that were read. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * The one pass over a layer: stored bytes → tar → headers, with the digests of the stored bytes, of the tar, and of every
 * file's content.
 * @throws LabError `damaged`, `too-large`, `digest-mismatch`, `blob-missing`, `cancelled`.
 */
export async function scanLayer(blob: BlobLocation, options: ScanOptions = {}): Promise<ColumnData> {
  const { digests = new OwnDigests(), expectedDigest, expectedDiffId } = options;
  // Digests prove more than the checksum of gzip.
  const isProven = expectedDigest !== undefined && expectedDiffId !== undefined;
  try {
    return await scan(blob, digests, options, isProven ? inflateUnchecked : gunzip);
  } catch (error) {
    if (!isProven || !(error instanceof LabError) || error.code !== "digest-mismatch") throw error;
    // Whether it was damaged or is another layer: the checksum tells.
    return await scan(blob, new OwnDigests(), options, gunzip);
  } finally {
    digests.stop();
  }
}

type Inflate = (stored: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
const gunzip: Inflate = stored => inflate(stored, "gzip");

async function scan(
  blob: BlobLocation,
  digests: StreamDigests,
  options: ScanOptions,
  inflateGzip: Inflate,
): Promise<ColumnData> {
  const limits = options.limits ?? defaultLimits;
  const sink = new ColumnsSink(limits);
  const scanner = new TarScanner(sink, limits);
  const source = await peek(readBlob(blob, options.signal));
  const compression = detectCompression(source.first);
  let tarBytes = 0;
  let doneBytes = 0;
  async function* hashed() {
    for await (const chunk of source.chunks) {
      digests.stored(chunk);
      doneBytes += chunk.length;
      options.onProgress?.(doneBytes);
      yield chunk;
    }
  }
  const tar = compression === "gzip" ? inflateGzip(hashed()) : inflate(hashed(), compression);
  for await (const chunk of tar) {
    scanner.push(chunk);
    tarBytes += chunk.length;
    checkInflation(tarBytes, doneBytes, limits);
    if (compression === "none") continue;
    digests.tar(chunk);
    releaseChunk(chunk);
  }
  scanner.end();
  sink.end();
  const found = await digests.finish();
  const { digest } = found;
  // A plain tar is hashed once.
  const diffId = compression === "none" ? (digest as string as DiffId) : found.diffId;
  checkDigest("digest", blob, options.expectedDigest, digest, changedHint);
  const isOfManifest = options.expectedDigest !== undefined;
  checkDigest("diffId", blob, options.expectedDiffId, diffId, isOfManifest ? disagreeingHint : unclearHint);
  return sink.builder.finish({ digest, diffId, compression, sizeBytes: blob.sizeBytes, tarBytes });
}

const changedHint = "the layer was changed since it was made; build or fetch it again";
/** The bytes are those that the manifest names: getting them again would bring the same. */
const disagreeingHint =
  "the layer is as its manifest says, but the image's config names another tar: whoever made the image must mend it";
const unclearHint = "the layer was changed since it was made, or the image's config is wrong; build or fetch it again";

/** @throws LabError `digest-mismatch`. */
function checkDigest(
  what: string,
  blob: BlobLocation,
  expected: string | undefined,
  found: string,
  hint: string,
): void {
  if (expected === undefined || expected === found) return;
  throw new LabError("digest-mismatch", `${blob.file}: the layer's ${what} is ${found}, expected ${expected}`, {
    hint,
  });
}

/** The first bytes of a stream, and the stream with them. */
async function peek(chunks: AsyncGenerator<Buffer, void, void>) {
  const start: Buffer[] = [];
  let size = 0;
  while (size < magicBytes) {
    const next = await chunks.next();
    if (next.done) break;
    start.push(next.value);
    size += next.value.length;
  }
  async function* all() {
    try {
      yield* start;
      yield* chunks;
    } finally {
      await chunks.return();
    }
  }
  return { first: Buffer.concat(start.map(chunk => chunk.subarray(0, magicBytes))), chunks: all() };
}

const emptyDigest = hash("sha256", "", "buffer");
const zeros = Buffer.alloc(1 << 16);

/** Puts headers into columns and hashes each file's content, holes of sparse files as the zeros that they stand for. */
class ColumnsSink implements TarSink {
  readonly builder: ColumnsBuilder;
  readonly #small = new SmallDigests((position, digests, from) => this.builder.setDigest(digests, position, from));
  #holeBudget: number;
  #isFile = false;
  #hash: Hash | null = null;
  /** The digest is set, or will be. */
  #hashed = false;
  #sizeBytes = 0;
  #sparse: Float64Array | null = null;
  #piece = 0;
  #pieceLeft = 0;
  #hashedTo = 0;

  readonly plain: PlainRowsSink = {
    room: () => this.builder.plainRoom,
    pathStart: () => this.builder.pathStart,
    take: rows => this.builder.addPlain(rows),
  };

  constructor(limits: LayerLimits) {
    this.builder = new ColumnsBuilder(limits);
    this.#holeBudget = limits.hashedHoleBytes;
  }

  entry(header: TarHeader): void {
    this.builder.add(header);
    this.#isFile = this.builder.lastIsFile;
    this.#sizeBytes = header.sizeBytes;
    this.#hash = null;
    this.#hashed = false;
    this.#sparse = header.sparse;
    if (header.sparse !== null && this.#isFile) this.#startSparse(header.sparse);
  }

  content(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#isFile) return;
    if (this.#sparse !== null) this.#sparseContent(chunk, from, to);
    else if (this.#hash === null && to - from === this.#sizeBytes) {
      // Small files lie in one chunk; hashing at once is much cheaper than a hash object.
      const position = this.builder.entryCount - 1;
      this.#hashed = true;
      if (this.#small.add(chunk, from, to, position)) return;
      this.builder.setDigest(hash("sha256", chunk.subarray(from, to), "buffer"), position);
    } else {
      this.#hash ??= createHash("sha256");
      this.#hash.update(chunk.subarray(from, to));
    }
  }

  contentEnd(): void {
    if (!this.#isFile) return;
    if (this.#sparse !== null) {
      if (this.#hash === null) return;
      this.#hashHole(this.#sizeBytes - this.#hashedTo);
    }
    if (!this.#hashed) this.builder.setDigest(this.#hash?.digest() ?? emptyDigest);
  }

  /** All content was seen. */
  end(): void {
    this.#small.finish();
  }

  #startSparse(pieces: Float64Array): void {
    let holes = this.#sizeBytes;
    for (let i = 1; i < pieces.length; i += 2) holes -= pieces[i]!;
    if (holes > this.#holeBudget) return;
    this.#holeBudget -= holes;
    this.#hash = createHash("sha256");
    this.#piece = 0;
    this.#pieceLeft = 0;
    this.#hashedTo = 0;
  }

  #sparseContent(chunk: Uint8Array, from: number, to: number): void {
    const pieces = this.#sparse as Float64Array;
    if (this.#hash === null) return;
    for (let at = from; at < to; ) {
      while (this.#pieceLeft === 0) {
        this.#hashHole(pieces[this.#piece]! - this.#hashedTo);
        this.#pieceLeft = pieces[this.#piece + 1]!;
        this.#piece += 2;
      }
      const end = Math.min(to, at + this.#pieceLeft);
      this.#hash.update(chunk.subarray(at, end));
      this.#pieceLeft -= end - at;
      this.#hashedTo += end - at;
      at = end;
    }
  }

  #hashHole(bytes: number): void {
    for (let left = bytes; left > 0; left -= zeros.length) {
      this.#hash?.update(left >= zeros.length ? zeros : zeros.subarray(0, left));
    }
    this.#hashedTo += bytes;
  }
}
