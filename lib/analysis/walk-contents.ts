import { inflate } from "../layer/inflate.ts";
import { kindBits, type LayerColumns, typeCode } from "../layer/layer-columns.ts";
import { readBlob, throwIfCancelled } from "../layer/read-blob.ts";
import { endedBefore } from "../layer/read-content.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { Slices } from "../pausing.ts";

/** What is told of the contents of a layer, in the order of its tar. */
export interface ContentVisitor {
  /** Whether the content of an entry is wanted; asked of entries that have one. */
  wants(entry: number): boolean;
  /** A part of the content of the last wanted entry; what it needs afterwards it copies. Holes of sparse files are left out. */
  content(part: Uint8Array): void;
  /** All parts of the last wanted entry were told. */
  end(): void;
}

/**
 * One pass over the contents of a layer. The index tells where they are: no header is read again.
 * @param onBytes Told how many more stored bytes were read.
 * @throws LabError `damaged`, `blob-missing`, `cancelled`.
 */
export async function walkContents(
  blob: BlobLocation,
  columns: LayerColumns,
  visitor: ContentVisitor,
  signal?: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<void> {
  const walk = new ContentWalk(columns, visitor);
  const slices = new Slices(signal);
  for await (const chunk of inflate(told(readBlob(blob, signal), onBytes), columns.compression)) {
    throwIfCancelled(signal);
    for (let from = 0; from < chunk.length; from += bytesPerPause) {
      walk.push(chunk.subarray(from, from + bytesPerPause));
      if (slices.isOver) await slices.next();
    }
  }
  const missing = walk.end();
  if (missing !== null) throw endedBefore(blob, columns.path(missing));
}

/** Few enough to be gone through in a slice. */
const bytesPerPause = 128 << 10;

async function* told(chunks: AsyncIterable<Buffer>, onBytes: ((count: number) => void) | undefined) {
  for await (const chunk of chunks) {
    yield chunk;
    onBytes?.(chunk.length);
  }
}

/** Cuts a tar that comes in chunks into contents. */
class ContentWalk {
  readonly #columns: LayerColumns;
  readonly #visitor: ContentVisitor;
  /** Where in the tar the next chunk starts. */
  #at = 0;
  /** The wanted entry at hand or to come, and where its content is. */
  #entry = -1;
  #start = 0;
  #end = 0;

  constructor(columns: LayerColumns, visitor: ContentVisitor) {
    this.#columns = columns;
    this.#visitor = visitor;
    this.#next();
  }

  push(chunk: Uint8Array): void {
    const chunkEnd = this.#at + chunk.length;
    while (this.#start < chunkEnd) {
      const from = Math.max(0, this.#start - this.#at);
      this.#visitor.content(chunk.subarray(from, Math.min(chunk.length, this.#end - this.#at)));
      if (this.#end > chunkEnd) break;
      this.#visitor.end();
      this.#next();
    }
    this.#at = chunkEnd;
  }

  /** @returns a wanted entry whose content did not come to its end, or null. */
  end(): number | null {
    return this.#start === Number.POSITIVE_INFINITY ? null : this.#entry;
  }

  #next(): void {
    const { contentOffsets } = this.#columns.data;
    for (this.#entry += 1; this.#entry < this.#columns.entryCount; this.#entry += 1) {
      const sizeBytes = storedBytesOf(this.#columns, this.#entry);
      if (sizeBytes === 0 || !this.#visitor.wants(this.#entry)) continue;
      this.#start = contentOffsets[this.#entry]!;
      this.#end = this.#start + sizeBytes;
      return;
    }
    this.#start = Number.POSITIVE_INFINITY;
  }
}

/** How much of an entry's content is in the tar: holes of sparse files take no room; what is no file has none. */
export function storedBytesOf(columns: LayerColumns, entry: number): number {
  const { kinds, sizes } = columns.data;
  if ((kinds[entry]! & kindBits.type) !== typeCode.file) return 0;
  const pieces = columns.sparsePieces(entry);
  if (pieces === null) return sizes[entry]!;
  let bytes = 0;
  for (let i = 1; i < pieces.length; i += 2) bytes += pieces[i]!;
  return bytes;
}
