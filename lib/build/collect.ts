/**
 * After the executor has ended: its layers become files of the cache folder. The image is read by its manifest, never by
 * listing blobs (cache manifests can lie among them); the layers of earlier stages, which the image does not have, are
 * taken from Kaniko's layer cache, where each key is an OCI layout of its own.
 */

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { LabError } from "../error.ts";
import type { LogEvent } from "../executor/log-events.ts";
import { openOciLayout } from "../image/oci-layout.ts";
import type { LayerRef } from "../model/build.ts";
import type { Image, ImageLayer } from "../model/image.ts";
import { adoptLayer, verifyLayer } from "../store/blob-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

export interface CollectedImage {
  readonly image: Image;
  readonly layers: readonly LayerRef[];
}

/**
 * Moves the layers of the layout that the executor wrote into the cache folder, each checked against its digest.
 * @throws LabError `blob-missing`, `digest-mismatch`, `damaged`, `disk-full`
 */
export async function* collectImage(
  cache: CacheFolder,
  layout: string,
  signal: AbortSignal,
): AsyncGenerator<LogEvent, CollectedImage, void> {
  const image = await openOciLayout(layout);
  const layers: LayerRef[] = [];
  for (const [index, layer] of image.layers.entries()) {
    if (signal.aborted) throw new LabError("cancelled", "the build was cancelled", { cause: signal.reason });
    yield { type: "collecting", layer: index + 1, of: image.layers.length };
    layers.push(await keepLayer(cache, layer, "move"));
  }
  return { image, layers };
}

/**
 * The layer that Kaniko's layer cache has under a key, kept in the cache folder; null when it has none. With `verify` the
 * bytes of the entry are read also where the same layer is kept already.
 * @throws LabError as `openOciLayout`, `digest-mismatch`, `disk-full`
 */
export async function collectCachedLayer(
  cache: CacheFolder,
  key: string,
  options: { readonly verify: boolean },
): Promise<LayerRef | null> {
  const layout = cachedLayout(cache, key);
  if (!existsSync(join(layout, "index.json"))) return null;
  const image = await openOciLayout(layout);
  const layer = image.layers[0];
  if (options.verify && layer?.blob && layer.digest) await verifyLayer(layer.blob.file, layer.digest);
  // Copied, as the executor's next run can write to the layer cache again.
  return layer ? keepLayer(cache, layer, "copy") : null;
}

/** Kaniko fails for ever on an entry whose layer is damaged; without the entry it makes it anew. */
export async function removeCachedLayer(cache: CacheFolder, key: string): Promise<void> {
  await rm(cachedLayout(cache, key), { recursive: true, force: true });
}

function cachedLayout(cache: CacheFolder, key: string): string {
  return join(cache.layerCache, `layers:${key}`);
}

async function keepLayer(cache: CacheFolder, layer: ImageLayer, mode: "move" | "copy"): Promise<LayerRef> {
  if (layer.digest === null || layer.blob === null)
    throw new LabError("damaged", "the executor's layout has a layer without a digest");
  // The same layer can occur twice in an image: the first time has moved it.
  if (cache.findLayer(layer.digest) === null) await adoptLayer(cache, layer.blob.file, layer.digest, { mode });
  return { digest: layer.digest, diffId: layer.diffId, sizeBytes: layer.sizeBytes, mediaType: layer.mediaType };
}

/** Puts the image's config where people of the first lab look for it. */
export async function keepLatestConfig(cache: CacheFolder, buildFolder: string): Promise<void> {
  await writeFileAtomic(cache.latestConfig, await readFile(join(buildFolder, "config.json")));
}
