import { createHash, type Hash, hash } from "node:crypto";
import { LabError } from "../error.ts";
import { type DiffId, type Digest, digestOfHex } from "../model/digest.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { ColumnsBuilder } from "./columns-builder.ts";
import { detectCompression, magicBytes } from "./compression.ts";
import type { TarHeader } from "./header-fields.ts";
import { inflate } from "./inflate.ts";
import type { ColumnData } from "./layer-columns.ts";
import { checkInflation, defaultLimits, type LayerLimits } from "./limits.ts";
import { readBlob } from "./read-blob.ts";
import { TarScanner, type TarSink } from "./tar-scanner.ts";

export interface ScanOptions {
  readonly expectedDigest?: Digest | undefined;
  readonly expectedDiffId?: DiffId | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: LayerLimits | undefined;
  /** Bytes of the blob that were read. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * The one pass over a layer: stored bytes → tar → headers, with the digests of the stored bytes, of the tar, and of every
 * file's content.
 * @throws LabError `damaged`, `too-large`, `digest-mismatch`, `blob-missing`, `cancelled`.
 */
export async function scanLayer(blob: BlobLocation, options: ScanOptions = {}): Promise<ColumnData> {
  const limits = options.limits ?? defaultLimits;
  const storedHash = createHash("sha256");
  const tarHash = createHash("sha256");
  const sink = new ColumnsSink(limits);
  const scanner = new TarScanner(sink, limits);
  const source = await peek(readBlob(blob, options.signal));
  const compression = detectCompression(source.first);
  let tarBytes = 0;
  let doneBytes = 0;
  async function* hashed() {
    for await (const chunk of source.chunks) {
      storedHash.update(chunk);
      doneBytes += chunk.length;
      options.onProgress?.(doneBytes);
      yield chunk;
    }
  }
  for await (const chunk of inflate(hashed(), compression)) {
    tarHash.update(chunk);
    scanner.push(chunk);
    tarBytes += chunk.length;
    checkInflation(tarBytes, doneBytes, limits);
  }
  scanner.end();
  const digest = digestOfHex(storedHash.digest("hex"));
  const diffId = digestOfHex(tarHash.digest("hex")) as string as DiffId;
  checkDigest("digest", blob, options.expectedDigest, digest);
  checkDigest("diffId", blob, options.expectedDiffId, diffId);
  return sink.builder.finish({ digest, diffId, compression, sizeBytes: blob.sizeBytes, tarBytes });
}

/** @throws LabError `digest-mismatch`. */
function checkDigest(what: string, blob: BlobLocation, expected: string | undefined, found: string): void {
  if (expected === undefined || expected === found) return;
  throw new LabError("digest-mismatch", `${blob.file}: the layer's ${what} is ${found}, expected ${expected}`, {
    hint: "the layer was changed since it was made; build or fetch it again",
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
  #holeBudget: number;
  #isFile = false;
  #hash: Hash | null = null;
  #digest: Uint8Array | null = null;
  #sizeBytes = 0;
  #sparse: Float64Array | null = null;
  #piece = 0;
  #pieceLeft = 0;
  #hashedTo = 0;

  constructor(limits: LayerLimits) {
    this.builder = new ColumnsBuilder(limits);
    this.#holeBudget = limits.hashedHoleBytes;
  }

  entry(header: TarHeader): void {
    this.builder.add(header);
    this.#isFile = this.builder.lastIsFile;
    this.#sizeBytes = header.sizeBytes;
    this.#hash = null;
    this.#digest = null;
    this.#sparse = header.sparse;
    if (header.sparse !== null && this.#isFile) this.#startSparse(header.sparse);
  }

  content(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#isFile) return;
    if (this.#sparse !== null) this.#sparseContent(chunk, from, to);
    else if (this.#hash === null && to - from === this.#sizeBytes) {
      // Small files lie in one chunk; hashing at once is much cheaper than a hash object.
      this.#digest = hash("sha256", chunk.subarray(from, to), "buffer");
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
    this.builder.setDigest(this.#digest ?? this.#hash?.digest() ?? emptyDigest);
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
