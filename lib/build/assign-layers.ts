/**
 * Which layer belongs to which instruction. Kaniko appends one history entry for every layer it adds, with the
 * instruction as `created_by`, so the end of the history and the instructions that ran are matched backwards: what is
 * left in front are the layers of the base image. Pure.
 */

import type { LayerRef } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";

/** A step of the final image's chain of stages, oldest first. */
export interface ChainStep {
  readonly number: number;
  readonly text: string;
  /** Whether the executor took a snapshot or a cached layer for it: without one there is no layer to look for. */
  readonly mayHaveLayer: boolean;
}

export interface AssignedLayers {
  readonly base: readonly LayerRef[];
  /** By step number. */
  readonly ofStep: ReadonlyMap<number, LayerRef>;
}

export function assignLayers(
  chain: readonly ChainStep[],
  config: ImageConfig,
  layers: readonly LayerRef[],
): AssignedLayers {
  const createdBy = config.history.filter(entry => !entry.emptyLayer).map(entry => entry.createdBy);
  // A base without history (or with too little of it) still has its layers in front.
  const missing = layers.length - createdBy.length;
  const ofStep = new Map<number, LayerRef>();
  let at = createdBy.length - 1;
  for (const step of chain.toReversed()) {
    if (at < 0) break;
    if (!step.mayHaveLayer || createdBy[at] !== step.text) continue;
    const layer = layers[at + missing];
    if (layer) ofStep.set(step.number, layer);
    at -= 1;
  }
  return { base: layers.slice(0, at + 1 + Math.max(0, missing)), ofStep };
}
