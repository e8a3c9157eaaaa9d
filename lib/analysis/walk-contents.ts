import { inflate } from "../layer/inflate.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import { defaultLimits } from "../layer/limits.ts";
import { readBlob, throwIfCancelled } from "../layer/read-blob.ts";
import { TarScanner } from "../layer/tar-scanner.ts";
import type { BlobLocation } from "../model/layer-index.ts";

/** What is told of the contents of a layer, in the order of its tar. */
export interface ContentVisitor {
  /** Whether the content of an entry is wanted. */
  wants(entry: number): boolean;
  /** A part of the content of the last wanted entry; what it needs afterwards it copies. Holes of sparse files are left out. */
  content(part: Uint8Array): void;
  /** All parts of the last wanted entry were told. */
  end(): void;
}

/**
 * One pass over the contents of a layer.
 * @throws LabError `damaged`, `too-large`, `blob-missing`, `cancelled`.
 */
export async function walkContents(
  blob: BlobLocation,
  columns: LayerColumns,
  visitor: ContentVisitor,
  signal?: AbortSignal,
): Promise<void> {
  let entry = -1;
  let isWanted = false;
  const scanner = new TarScanner(
    {
      entry() {
        entry += 1;
        isWanted = entry < columns.entryCount && visitor.wants(entry);
      },
      content(chunk, from, to) {
        if (isWanted) visitor.content(chunk.subarray(from, to));
      },
      contentEnd() {
        if (isWanted) visitor.end();
      },
    },
    defaultLimits,
  );
  for await (const chunk of inflate(readBlob(blob, signal), columns.compression)) {
    throwIfCancelled(signal);
    scanner.push(chunk);
  }
  scanner.end();
}
