/** What the config of an entry of the layer cache says. Pure. */

import type { LayerRef } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import type { LayerCacheEntry } from "./cache-entry.ts";

const pointerLabel = "kaniko.cache.pointer-target";

type LayerFacts = Pick<LayerCacheEntry, "createdBy" | "createdAt" | "layer" | "pointsTo" | "damage">;

/** For an entry that cannot be read. */
export const noLayerFacts = { createdBy: null, createdAt: null, layer: null, pointsTo: null };

export function layerFacts(config: ImageConfig, layer: LayerRef | undefined): LayerFacts {
  const pointsTo = config.labels[pointerLabel] ?? null;
  return {
    createdBy: config.history.at(-1)?.createdBy || null,
    createdAt: config.created,
    layer: layer ?? null,
    pointsTo,
    damage: layer === undefined && pointsTo === null ? "it has no layer" : null,
  };
}

export function newestFirst<Entry extends { readonly createdAt: string | null }>(entries: Entry[]): Entry[] {
  return entries.sort((one, other) => ((one.createdAt ?? "") < (other.createdAt ?? "") ? 1 : -1));
}
