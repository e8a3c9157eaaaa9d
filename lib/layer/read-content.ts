import { LabError } from "../error.ts";
import type { BlobLocation, LayerIndex } from "../model/layer-index.ts";
import { columnsOf } from "./columns-of.ts";
import { inflate } from "./inflate.ts";
import type { LayerColumns } from "./layer-columns.ts";
import { readBlob } from "./read-blob.ts";

export interface ReadContentOptions {
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
 * the snapshot knows what they name. Reads the layer from its start, and stops as soon as the content is there.
 * @throws LabError `damaged`, `blob-missing`, `cancelled`.
 */
export async function* readContent(
  blob: BlobLocation,
  index: LayerIndex,
  position: number,
  options: ReadContentOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const sizeBytes = index.entry(position).sizeBytes;
  let done = 0;
  for await (const { offset, bytes } of readContents(blob, index, [position], options)) {
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
 * Stored contents of several entries in one pass over the layer, in the order in which they stand in it. Stops after the last.
 * @throws LabError `damaged`, `blob-missing`, `cancelled`.
 */
export async function* readContents(
  blob: BlobLocation,
  index: LayerIndex,
  positions: readonly number[],
  options: ReadContentOptions = {},
): AsyncGenerator<ContentPart, void, void> {
  const pieces = storedPieces(columnsOf(index), positions);
  let next = pieces.next();
  let chunkStart = 0;
  if (next.done) return;
  for await (const chunk of inflate(readBlob(blob, options.signal), index.compression)) {
    const chunkEnd = chunkStart + chunk.length;
    while (!next.done && next.value.start < chunkEnd) {
      const { position, start, end, offset } = next.value;
      const from = Math.max(start, chunkStart);
      const to = Math.min(end, chunkEnd);
      yield { position, offset: offset + from - start, bytes: chunk.subarray(from - chunkStart, to - chunkStart) };
      if (end > chunkEnd) break;
      next = pieces.next();
    }
    if (next.done) return;
    chunkStart = chunkEnd;
  }
  throw new LabError(
    "damaged",
    `${blob.file}: the layer ends before the content of ${index.path(next.value.position)}`,
    {
      hint: "the file was changed since it was indexed; build or fetch the layer again",
    },
  );
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
