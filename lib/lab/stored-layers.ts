import { agrees } from "../layer/index-layer.ts";
import { UnreadableIndex } from "../layer/index-pages.ts";
import { StoredColumns } from "../layer/stored-columns.ts";
import type { Digest } from "../model/digest.ts";
import type { TargetLayer } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { digestOf, indexFileOf } from "./index-files.ts";

/** Each holds its file open. */
const mostLayers = 256;

/** The index of a layer in its file, to be closed; null when there is none that can be used. */
export function openStored(cache: CacheFolder, layer: TargetLayer): StoredColumns | null {
  const { blob } = layer;
  if (blob === null) return StoredColumns.open(cache.listingFile(digestOf(layer)));
  const stored = StoredColumns.open(indexFileOf(cache, layer));
  if (stored === null || agrees(stored.facts, blob, expectedOf(layer))) return stored;
  stored.close();
  return null;
}

/** What a layer's bytes must come to. */
export function expectedOf({ digest, diffId }: TargetLayer) {
  return {
    expectedDigest: digest === (diffId as Digest | null) ? undefined : (digest ?? undefined),
    expectedDiffId: diffId ?? undefined,
  };
}

/** What a question to the indexes of layers gives; null when one of them is missing or damaged, or when there are too many. */
export function askStored<Answer>(
  cache: CacheFolder,
  layers: readonly TargetLayer[],
  ask: (stored: readonly StoredColumns[]) => Answer,
): Answer | null {
  if (layers.length > mostLayers) return null;
  const stored: StoredColumns[] = [];
  try {
    for (const layer of layers) {
      const opened = openStored(cache, layer);
      if (opened === null) return null;
      stored.push(opened);
    }
    return ask(stored);
  } catch (error) {
    // Who opens it whole will make it again.
    if (error instanceof UnreadableIndex) return null;
    throw error;
  } finally {
    for (const each of stored) each.close();
  }
}
