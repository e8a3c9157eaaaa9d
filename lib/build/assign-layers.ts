/**
 * Which layer belongs to which instruction. Kaniko appends one history entry for every layer it adds, with the
 * instruction as `created_by`: the end of the history and the instructions are aligned in order, and what is left in
 * front are the layers of the base image. Pure.
 */

import type { LayerRef } from "../model/build.ts";
import type { DiffId } from "../model/digest.ts";
import type { ImageConfig } from "../model/image.ts";

/** A step of the final image's chain of stages, oldest first. */
export interface ChainStep {
  readonly number: number;
  readonly text: string;
  /** Whether the log told of a snapshot or a cached layer. Only a preference: a RUN can print such lines, too. */
  readonly hasEvidence: boolean;
  /** What Kaniko's layer cache has under the step's key; null when it has nothing there. */
  readonly cachedDiffId: DiffId | null;
}

export interface AssignedLayers {
  readonly base: readonly LayerRef[];
  /** By step number. */
  readonly ofStep: ReadonlyMap<number, LayerRef>;
}

/** Cells of the table below: far more than any real Dockerfile needs, and still quick. */
const maxCells = 4_000_000;

export function assignLayers(
  chain: readonly ChainStep[],
  config: ImageConfig,
  layers: readonly LayerRef[],
): AssignedLayers {
  const createdBy = config.history.filter(entry => !entry.emptyLayer).map(entry => entry.createdBy);
  // A base without history (or with too little of it) still has its layers in front. A step makes one layer at most.
  const shift = layers.length - createdBy.length;
  const from = Math.max(0, createdBy.length - chain.length, -shift);
  const tail = createdBy.slice(from).map((text, at) => ({ text, layer: layers[from + at + shift] as LayerRef }));
  if (chain.length * tail.length > maxCells) return { base: layers, ofStep: new Map() };
  const matches = align(chain, tail);
  const ofStep = new Map(matches.map(({ step, layer }) => [step.number, (tail[layer] as Made).layer]));
  const first = matches[0]?.layer ?? tail.length;
  return { base: layers.slice(0, from + shift + first), ofStep };
}

interface Made {
  readonly text: string;
  readonly layer: LayerRef;
}

/**
 * The best order-keeping match, oldest first: as many layers as can be, rather steps with evidence and the very layer
 * that the cache has; of equal ones the earliest step, as the later one then changed nothing.
 */
function align(chain: readonly ChainStep[], tail: readonly Made[]): { step: ChainStep; layer: number }[] {
  const width = tail.length + 1;
  const best = new Float64Array((chain.length + 1) * width);
  for (let step = chain.length - 1; step >= 0; step -= 1) {
    for (let layer = tail.length - 1; layer >= 0; layer -= 1) {
      const skipped = Math.max(best[(step + 1) * width + layer]!, best[step * width + layer + 1]!);
      const score = scoreOf(chain[step]!, tail[layer]!);
      const matched = score > 0 ? score + best[(step + 1) * width + layer + 1]! : 0;
      best[step * width + layer] = Math.max(skipped, matched);
    }
  }
  const matches: { step: ChainStep; layer: number }[] = [];
  for (let step = 0, layer = 0; step < chain.length && layer < tail.length; ) {
    const here = best[step * width + layer]!;
    const score = scoreOf(chain[step]!, tail[layer]!);
    if (here === 0) break;
    if (here === best[step * width + layer + 1]!) layer += 1;
    else if (score > 0 && here === score + best[(step + 1) * width + layer + 1]!) {
      matches.push({ step: chain[step]!, layer });
      step += 1;
      layer += 1;
    } else step += 1;
  }
  return matches;
}

/** 0: they do not belong together. */
function scoreOf(step: ChainStep, made: Made): number {
  if (step.text !== made.text) return 0;
  if (step.cachedDiffId === null || made.layer.diffId === null) return step.hasEvidence ? 12 : 10;
  return step.cachedDiffId === made.layer.diffId ? 14 : 0;
}
