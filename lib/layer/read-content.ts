import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { LabError } from "../error.ts";
import type { BlobLocation, LayerIndex } from "../model/layer-index.ts";
import { showText } from "../model/path-text.ts";
import { columnsOf } from "./columns-of.ts";
import type { LayerColumns } from "./layer-columns.ts";
import { LayerReader, type TarChunk } from "./seek/layer-reader.ts";

export interface ReadContentOptions {
  /**
   * Where it is kept how to read from the middle of this layer; made by a read that has to go far into it.
   * @defaultValue nowhere: each read inflates the layer from its start.
   */
  readonly seekFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A part of one entry's content; what lies between the parts of a sparse file are zeros. */
export interface ContentPart {
  readonly position: number;
  /** Where in the file the bytes belong. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Content of one entry, the holes of sparse files as zeros; nothing for entries without content. Hard links have none:
 * the snapshot knows what they name. It is checked while it is given out.
 * @throws LabError `damaged`, `digest-mismatch` at the end of what is not the content that was indexed, `blob-missing`, `cancelled`.
 */
export async function* readContent(
  blob: BlobLocation,
  index: LayerIndex,
  position: number,
  options: ReadContentOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { sizeBytes, contentDigest, path } = index.entry(position);
  const hash = contentDigest === null ? null : createHash("sha256");
  for await (const bytes of wholeContent(readContents(blob, index, [position], options), sizeBytes)) {
    hash?.update(bytes);
    yield bytes;
  }
  if (hash === null || `sha256:${hash.digest("hex")}` === contentDigest) return;
  if (options.seekFile !== undefined) await rm(options.seekFile, { force: true }).catch(() => {});
  throw contentMismatch(path);
}

/** @returns the error for a content that has another digest than the index says. */
export function contentMismatch(path: string): LabError {
  return new LabError("digest-mismatch", `the content of ${showText(path)} is not what was indexed`, {
    hint: "the layer's file was changed; build or fetch it again",
  });
}

async function* wholeContent(
  parts: AsyncIterable<ContentPart>,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let done = 0;
  for await (const { offset, bytes } of parts) {
    yield* zeros(offset - done);
    yield bytes;
    done = offset + bytes.length;
  }
  yield* zeros(sizeBytes - done);
}

const zeroBytes = new Uint8Array(64 * 1024);

function* zeros(count: number): Generator<Uint8Array, void, void> {
  for (let left = count; left > 0; left -= zeroBytes.length) yield zeroBytes.slice(0, Math.min(left, zeroBytes.length));
}

/**
 * Stored contents of several entries, in the order in which they stand in the layer. Stops after the last, and passes over
 * what lies between as far as it can.
 * @throws LabError `damaged`, `blob-missing`, `cancelled`.
 */
export async function* readContents(
  blob: BlobLocation,
  index: LayerIndex,
  positions: readonly number[],
  options: ReadContentOptions = {},
): AsyncGenerator<ContentPart, void, void> {
  const pieces = [...storedPieces(columnsOf(index), positions)];
  if (pieces.length === 0) return;
  const identity = { digest: index.digest, sizeBytes: index.sizeBytes };
  const layer = { blob, identity, compression: index.compression, seekFile: options.seekFile ?? null };
  const reader = await LayerReader.open(layer, options.signal);
  try {
    for (let done = 0; done < pieces.length; ) {
      for await (const part of partsFrom(reader, pieces, done)) {
        if (part === "piece-done") done += 1;
        else yield part;
      }
    }
  } catch (error) {
    throw error instanceof EndOfTar ? endedBefore(blob, index.path(error.piece.position)) : error;
  } finally {
    await reader.close();
  }
}

/** Parts of the pieces from one on, until the next one lies so far away that it is better gone to anew. */
async function* partsFrom(
  reader: LayerReader,
  pieces: readonly StoredPiece[],
  first: number,
): AsyncGenerator<ContentPart | "piece-done", void, void> {
  let at = first;
  for await (const chunk of reader.chunksFrom(pieces[first]!.start)) {
    const chunkEnd = chunk.start + chunk.bytes.length;
    for (let piece = pieces[at]!; piece.start < chunkEnd; piece = pieces[at]!) {
      yield partOf(piece, chunk);
      if (piece.end > chunkEnd) break;
      yield "piece-done";
      at += 1;
      if (at === pieces.length) return;
    }
    if (reader.isFar(chunkEnd, pieces[at]!.start)) return;
  }
  throw new EndOfTar(pieces[at]!);
}

function partOf({ position, start, end, offset }: StoredPiece, chunk: TarChunk): ContentPart {
  const from = Math.max(start, chunk.start);
  const to = Math.min(end, chunk.start + chunk.bytes.length);
  return { position, offset: offset + from - start, bytes: chunk.bytes.subarray(from - chunk.start, to - chunk.start) };
}

class EndOfTar extends Error {
  readonly piece: StoredPiece;

  constructor(piece: StoredPiece) {
    super("the tar ends before the content");
    this.piece = piece;
  }
}

/** @returns the error for a tar that ends before a content does. */
export function endedBefore(blob: BlobLocation, path: string): LabError {
  return new LabError("damaged", `${blob.file}: the layer ends before the content of ${showText(path)}`, {
    hint: "the file was changed since it was indexed; build or fetch the layer again",
  });
}

/** Where in the tar contents are stored: [start, end), and where in their file that belongs. */
interface StoredPiece {
  readonly position: number;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

function* storedPieces(columns: LayerColumns, positions: readonly number[]): Generator<StoredPiece, void, void> {
  const { contentOffsets, sizes } = columns.data;
  const inTarOrder = [...positions].sort((one, other) => contentOffsets[one]! - contentOffsets[other]!);
  for (const position of inTarOrder) {
    let start = contentOffsets[position]!;
    const pieces = columns.sparsePieces(position) ?? [0, sizes[position]!];
    for (let i = 0; i < pieces.length; i += 2) {
      const end = start + pieces[i + 1]!;
      if (end > start) yield { position, start, end, offset: pieces[i]! };
      start = end;
    }
  }
}
