import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import type { ContentQuery } from "./content-query.ts";
import type { ContentHit } from "./content-sink.ts";
import { searchLayers } from "./search-layers.ts";
import { type VersionFate, VersionFates } from "./version-fate.ts";

export interface ContentMatch extends ContentHit {
  readonly layer: TargetLayer;
  readonly fate: VersionFate;
}

interface SearchedVersion {
  readonly layer: TargetLayer;
  readonly entry: number;
  readonly fate: VersionFate;
}

/**
 * Lines of files that match, in every version that a layer has, those overwritten and deleted later included; in the order
 * of the layers and of their tars. Layers of which only a listing is here are left out (see `unsearchedLayers`).
 * @throws LabError `usage`, `damaged`, `too-large`, `blob-missing`, `cancelled`.
 */
export async function* searchContents(
  lab: Lab,
  target: Target,
  query: ContentQuery,
  options: ProgressOptions = {},
): AsyncGenerator<ContentMatch, void, void> {
  const layers = target.layers.filter(layer => layer.blob !== null);
  const blobs = layers.map(layer => layer.blob as BlobLocation);
  const fates = new VersionFates(lab, target, options);
  const progress = {
    signal: options.signal,
    onProgress: (done: number, total: number) => options.onProgress?.("searching layers", done, total),
  };
  let last: SearchedVersion | null = null as SearchedVersion | null;
  for await (const { layer: at, hits } of searchLayers(blobs, query, progress)) {
    const layer = layers[at] as TargetLayer;
    for (const hit of hits) {
      if (last?.layer !== layer || last.entry !== hit.entry) {
        last = { layer, entry: hit.entry, fate: await fates.of({ layer, entry: hit.entry, path: hit.path }) };
      }
      yield { ...hit, layer, fate: last.fate };
    }
  }
}

/** Layers whose contents were not kept. */
export function unsearchedLayers(target: Target): TargetLayer[] {
  return target.layers.filter(layer => layer.blob === null);
}
