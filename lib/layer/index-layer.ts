import { LabError } from "../error.ts";
import type { DiffId, Digest } from "../model/digest.ts";
import type { BlobLocation, LayerFacts } from "../model/layer-index.ts";
import { openIndexFile, readIndexFacts, writeEncodedIndex } from "./index-file.ts";
import { type EncodedIndex, encodeColumns } from "./index-format.ts";
import { LayerColumns } from "./layer-columns.ts";
import { throwIfCancelled } from "./read-blob.ts";

export interface IndexOptions {
  /**
   * Where the index is kept. It belongs to one blob: name it by the digest. An index that is there is taken when it
   * agrees with the blob's size and the expected digests; else it is made again.
   */
  readonly indexFile: string;
  readonly expectedDigest?: Digest | undefined;
  readonly expectedDiffId?: DiffId | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Compressed bytes read so far; not called when the index is already there. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** A blob up to this size is scanned on the calling thread: starting another one would take longer. */
const inlineBytes = 32 * 1024;

/**
 * The index of a layer: opened when it is there, made by one pass over the blob and written when it is not.
 * @throws LabError `damaged`, `too-large`, `digest-mismatch`, `blob-missing`, `cancelled`.
 */
export async function indexLayer(blob: BlobLocation, options: IndexOptions): Promise<LayerColumns> {
  throwIfCancelled(options.signal);
  const kept = await openIndexFile(options.indexFile);
  if (kept !== null && agrees(kept, blob, options)) return kept;
  const index = await scan(blob, options);
  await keepIndex(options.indexFile, index);
  return new LayerColumns(index.columns);
}

/**
 * What is known of a layer as a whole: from the start of its index when that is there, else by making it.
 * @throws LabError as `indexLayer` does.
 */
export async function layerFacts(blob: BlobLocation, options: IndexOptions): Promise<LayerFacts> {
  throwIfCancelled(options.signal);
  const kept = readIndexFacts(options.indexFile);
  return kept !== null && agrees(kept, blob, options) ? kept : indexLayer(blob, options);
}

/** Where nothing can be written, indexes are made each time: what is there can still be looked at. */
async function keepIndex(file: string, index: EncodedIndex): Promise<void> {
  try {
    await writeEncodedIndex(file, index);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
  }
}

/** Several layers at once, one thread each, as many as there are cores; in the order of the list. The first failure stops the others. */
export async function indexLayers(
  layers: readonly { readonly blob: BlobLocation; readonly options: IndexOptions }[],
): Promise<LayerColumns[]> {
  const stop = new AbortController();
  const indexing = layers.map(({ blob, options }) => {
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    return indexLayer(blob, { ...options, signal });
  });
  try {
    return await Promise.all(indexing);
  } finally {
    stop.abort();
    await Promise.allSettled(indexing);
  }
}

/** Whether an index is the one of a blob. */
export function agrees(
  index: LayerFacts,
  blob: BlobLocation,
  options: Pick<IndexOptions, "expectedDigest" | "expectedDiffId">,
): boolean {
  return (
    index.sizeBytes === blob.sizeBytes &&
    (options.expectedDigest ?? index.digest) === index.digest &&
    (options.expectedDiffId ?? index.diffId) === index.diffId
  );
}

async function scan(blob: BlobLocation, options: IndexOptions): Promise<EncodedIndex> {
  const { expectedDigest, expectedDiffId, signal } = options;
  const onProgress = (doneBytes: number) => options.onProgress?.(doneBytes, blob.sizeBytes);
  if (blob.sizeBytes > inlineBytes) {
    const { scanPool } = await import("./scan-pool.ts");
    return scanPool.scan({ blob, expectedDigest, expectedDiffId }, signal, onProgress);
  }
  const { scanLayer } = await import("./scan-layer.ts");
  return encodeColumns(await scanLayer(blob, { expectedDigest, expectedDiffId, signal, onProgress }));
}
