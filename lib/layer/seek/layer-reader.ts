import { rm } from "node:fs/promises";
import { LabError } from "../../error.ts";
import type { BlobLocation, Compression } from "../../model/layer-index.ts";
import { inflate, withPlaceOfError } from "../inflate.ts";
import { readBlob } from "../read-blob.ts";
import { type GzipPoint, GzipSpan, startOfGzip } from "./gzip-span.ts";
import { largestPayloadBytes, openSeekFile, type SeekFile, type SeekIdentity } from "./seek-file.ts";
import { SeekWriter } from "./seek-writer.ts";

/** What is to be read: the blob, what the index says of it, and where points of it are kept. */
export interface ReadableLayer {
  readonly blob: BlobLocation;
  readonly identity: SeekIdentity;
  readonly compression: Compression;
  /** Null: read from the start each time. */
  readonly seekFile: string | null;
}

export interface TarChunk {
  /** In the tar. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Between two points of a gzip layer, unless a block is longer: 10 ms of inflating. */
const spanBytes = 4 << 20;
/** Points are kept by those who had to pass over so much without them; it also is the least that is jumped over. */
export const farBytes = 32 << 20;

/**
 * Reads a layer's tar from any place on: a plain one directly, a compressed one from the last point that is known before
 * it. Who reads on beyond the points leaves further ones behind. Close it when nothing more is read.
 */
export class LayerReader {
  readonly #layer: ReadableLayer;
  readonly #signal: AbortSignal | undefined;
  #points: SeekFile | null = null;
  #writer: SeekWriter | null = null;

  private constructor(layer: ReadableLayer, signal: AbortSignal | undefined) {
    this.#layer = layer;
    this.#signal = signal;
  }

  static async open(layer: ReadableLayer, signal: AbortSignal | undefined): Promise<LayerReader> {
    const reader = new LayerReader(layer, signal);
    if (layer.seekFile !== null && layer.compression !== "none") {
      reader.#points = await openSeekFile(layer.seekFile, layer.identity);
    }
    return reader;
  }

  async close(): Promise<void> {
    await this.#writer?.finish();
    this.#writer = null;
    await this.#points?.close();
    this.#points = null;
  }

  /** Whether going on at a place is better done anew than by reading up to it. */
  isFar(from: number, to: number): boolean {
    if (to - from < (this.#layer.compression === "none" ? largestPayloadBytes : 2 * spanBytes)) return false;
    if (this.#layer.compression === "none") return true;
    return (this.#points?.pointBefore(to)?.tarStart ?? 0) > from;
  }

  /**
   * The tar from `start` to its end. When what points give is damaged, the rest comes without them, and they are removed.
   * @throws LabError `damaged`, `blob-missing`, `cancelled`.
   */
  async *chunksFrom(start: number): AsyncGenerator<TarChunk, void, void> {
    let at = start;
    if (this.#points !== null) {
      try {
        for await (const chunk of this.#chunks(start)) {
          yield chunk;
          at = chunk.start + chunk.bytes.length;
        }
        return;
      } catch (error) {
        if (error instanceof LabError && error.code !== "damaged") throw error;
        await this.forgetPoints();
      }
    }
    yield* this.#chunks(at);
  }

  /** What they led to is not what was indexed. */
  async forgetPoints(): Promise<void> {
    if (this.#points === null) return;
    await this.#points.close();
    this.#points = null;
    this.#writer = null;
    await rm(this.#layer.seekFile as string, { force: true }).catch(() => {});
  }

  #chunks(start: number): AsyncGenerator<TarChunk, void, void> {
    switch (this.#layer.compression) {
      case "none":
        return this.#plain(start);
      case "gzip":
        return this.#gzip(start);
      case "zstd":
        return this.#zstd(start);
    }
  }

  async *#plain(start: number): AsyncGenerator<TarChunk, void, void> {
    const { file, offset, sizeBytes } = this.#layer.blob;
    const left = Math.max(0, sizeBytes - start);
    let at = start;
    for await (const bytes of readBlob({ file, offset: offset + start, sizeBytes: left }, this.#signal)) {
      yield { start: at, bytes };
      at += bytes.length;
    }
  }

  async *#gzip(start: number): AsyncGenerator<TarChunk, void, void> {
    let point = await this.#gzipPoint(start);
    const writer = this.#writerFor(start, point.tarStart);
    let given = start;
    let leastBytes = spanBytes;
    for (;;) {
      const span = new GzipSpan(this.#layer.blob, point, leastBytes, this.#signal);
      let at = point.tarStart;
      for await (const chunk of withPlaceOfError("gzip", span.chunks(), at)) {
        if (at + chunk.length > given) {
          const bytes = chunk.subarray(Math.max(0, given - at));
          yield { start: Math.max(given, at), bytes };
          given = at + chunk.length;
        }
        at += chunk.length;
      }
      const next = await span.next();
      if (next === null) return;
      if (next === undefined) {
        // A block that is longer than compressors make them is inflated once more, up to a place well behind it.
        leastBytes = leastBytes > spanBytes ? Number.POSITIVE_INFINITY : 8 * (at - point.tarStart);
        continue;
      }
      point = next;
      leastBytes = spanBytes;
      if (writer !== null && point.tarStart > writer.tarEnd) {
        await writer.add(point, point.window ?? new Uint8Array(0), point.tarStart);
      }
    }
  }

  async #gzipPoint(start: number): Promise<GzipPoint> {
    const point = this.#points?.pointBefore(start) ?? null;
    if (point === null) return startOfGzip;
    const window = point.payloadBytes === 0 ? null : await this.#points!.payload(point);
    return { tarStart: point.tarStart, storedBit: point.storedBit, window };
  }

  async *#zstd(start: number): AsyncGenerator<TarChunk, void, void> {
    let at = start;
    const kept = this.#points;
    const end = kept?.table.tarEnd ?? 0;
    while (kept !== null && at < end) {
      const point = kept.pointBefore(at) as NonNullable<ReturnType<SeekFile["pointBefore"]>>;
      const content = await kept.payload(point);
      const bytes = content.subarray(at - point.tarStart);
      if (bytes.length === 0) throw new Error("a payload that is too short");
      yield { start: at, bytes };
      at += bytes.length;
    }
    const writer = this.#writerFor(at, 0);
    const copy = writer === null ? null : new TarCopy(writer);
    let tarOffset = 0;
    try {
      for await (const chunk of inflate(readBlob(this.#layer.blob, this.#signal), "zstd")) {
        await copy?.push(chunk, tarOffset);
        const from = Math.max(at, tarOffset);
        tarOffset += chunk.length;
        if (tarOffset > from) yield { start: from, bytes: chunk.subarray(from - tarOffset + chunk.length) };
      }
    } finally {
      await copy?.end();
    }
  }

  /** Who takes further points, when so much is passed over that they are worth it. */
  #writerFor(start: number, from: number): SeekWriter | null {
    const { seekFile, identity } = this.#layer;
    if (seekFile === null) return null;
    if (this.#writer === null && start - from >= farBytes) {
      this.#writer = new SeekWriter(seekFile, identity, this.#points);
    }
    return this.#writer;
  }
}

/** Gathers the tar in pieces of one payload each, from where the copy ends. */
class TarCopy {
  readonly #writer: SeekWriter;
  #piece = Buffer.allocUnsafeSlow(largestPayloadBytes);
  #fill = 0;

  constructor(writer: SeekWriter) {
    this.#writer = writer;
  }

  async push(chunk: Uint8Array, tarOffset: number): Promise<void> {
    for (let at = Math.max(0, this.#writer.tarEnd + this.#fill - tarOffset); at < chunk.length; ) {
      const end = Math.min(chunk.length, at + largestPayloadBytes - this.#fill);
      this.#piece.set(chunk.subarray(at, end), this.#fill);
      this.#fill += end - at;
      at = end;
      if (this.#fill === largestPayloadBytes) await this.end();
    }
  }

  async end(): Promise<void> {
    if (this.#fill === 0) return;
    const piece = this.#piece.subarray(0, this.#fill);
    this.#piece = Buffer.allocUnsafeSlow(largestPayloadBytes);
    this.#fill = 0;
    const tarStart = this.#writer.tarEnd;
    await this.#writer.add({ tarStart, storedBit: 0 }, piece, tarStart + piece.length);
  }
}
