/** Which builds have which layers: what is kept once for many of them, and what for one alone. Pure. */

import { layersOfStep } from "../lab/chain.ts";
import type { BuildRecord, LayerRef } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";

/** Every layer of a build once: of its image, and of stages and bases that are not in it. */
export function layersOfBuild(build: BuildRecord): Map<Digest, LayerRef> {
  const all = [...build.steps.flatMap(layersOfStep).map(({ layer }) => layer), ...build.layers];
  return new Map(all.map(layer => [layer.digest, layer]));
}

export class LayerSharing {
  readonly #owners = new Map<Digest, string[]>();
  readonly #sizes = new Map<Digest, number>();

  constructor(builds: readonly BuildRecord[]) {
    for (const build of builds) {
      for (const [digest, { sizeBytes }] of layersOfBuild(build)) {
        const owners = this.#owners.get(digest);
        if (owners === undefined) this.#owners.set(digest, [build.id]);
        else owners.push(build.id);
        this.#sizes.set(digest, sizeBytes);
      }
    }
  }

  /** Bytes of all layers, each counted once. */
  get totalBytes(): number {
    let total = 0;
    for (const sizeBytes of this.#sizes.values()) total += sizeBytes;
    return total;
  }

  /** Ids of the builds that have a layer, in the order given; without `except`. */
  buildsWith(digest: Digest, except?: string): string[] {
    return (this.#owners.get(digest) ?? []).filter(id => id !== except);
  }

  /** Bytes of the layers that no other build has. */
  uniqueBytes(build: BuildRecord): number {
    let unique = 0;
    for (const [digest, { sizeBytes }] of layersOfBuild(build)) {
      const owners = this.#owners.get(digest) ?? [];
      if (owners.length === 0 || (owners.length === 1 && owners[0] === build.id)) unique += sizeBytes;
    }
    return unique;
  }
}
