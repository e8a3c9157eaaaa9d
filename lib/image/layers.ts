import { LabError } from "../error.ts";
import type { ImageConfig, ImageLayer } from "../model/image.ts";
import type { LocatedLayer } from "./located-layer.ts";
import type { ImageManifest } from "./manifest.ts";

/**
 * Puts together what the manifest and the config say of the layers.
 *
 * @param located where each layer's bytes are, in the manifest's order.
 * @throws LabError `damaged` when config and manifest do not have the same number of layers.
 */
export function joinLayers(
  manifest: ImageManifest,
  config: ImageConfig,
  located: readonly LocatedLayer[],
  where: string,
): ImageLayer[] {
  checkLayerCount(manifest.layers.length, config, where);
  return manifest.layers.map((layer, position) => ({
    digest: layer.digest,
    diffId: config.diffIds[position] ?? null,
    mediaType: layer.mediaType,
    sizeBytes: layer.sizeBytes,
    blob: located[position]?.blob ?? null,
    damage: located[position]?.damage ?? null,
  }));
}

/** @throws LabError `damaged` */
export function checkLayerCount(count: number, config: ImageConfig, where: string): void {
  if (count === config.diffIds.length) return;
  throw new LabError("damaged", `${where} is damaged: ${count} layers, but its config names ${config.diffIds.length}`);
}
