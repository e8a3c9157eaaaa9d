/**
 * After the executor has ended: its layers become files of the cache folder. The image is read by its manifest, never by
 * listing blobs (cache manifests can lie among them); the layers of earlier stages, which the image does not have, are
 * taken from Kaniko's layer cache, where each key is an OCI layout of its own.
 */

import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../error.ts";
import { openOciLayout } from "../image/oci-layout.ts";
import type { LayerRef } from "../model/build.ts";
import type { Image, ImageLayer } from "../model/image.ts";
import { adoptLayer } from "../store/blob-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

export interface CollectedImage {
  readonly image: Image;
  readonly layers: readonly LayerRef[];
}

/**
 * Moves the layers of the layout that the executor wrote into the cache folder, each checked against its digest.
 * @throws LabError `blob-missing`, `digest-mismatch`, `damaged`, `disk-full`
 */
export async function collectImage(
  cache: CacheFolder,
  layout: string,
  onLayer: (layer: number, of: number) => Promise<void>,
): Promise<CollectedImage> {
  const image = await openOciLayout(layout);
  const layers: LayerRef[] = [];
  for (const [index, layer] of image.layers.entries()) {
    await onLayer(index + 1, image.layers.length);
    layers.push(await keepLayer(cache, layer, "move"));
  }
  return { image, layers };
}

/** The layer that Kaniko's layer cache has under a key, kept in the cache folder; null when it has none. */
export async function collectCachedLayer(cache: CacheFolder, key: string): Promise<LayerRef | null> {
  const layout = join(cache.layerCache, `layers:${key}`);
  if (!existsSync(join(layout, "index.json"))) return null;
  const image = await openOciLayout(layout);
  const layer = image.layers[0];
  // Copied, as the executor's next run can write to the layer cache again.
  return layer ? keepLayer(cache, layer, "copy") : null;
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
  await copyFile(join(buildFolder, "config.json"), cache.latestConfig);
}
