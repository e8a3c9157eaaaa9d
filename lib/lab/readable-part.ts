import type { LabError } from "../error.ts";
import { isDamage } from "../image/located-layer.ts";
import type { Step } from "../model/build.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import type { Lab, ProgressOptions } from "./lab.ts";

/** A layer that cannot be read, and why. */
export interface DamagedLayer {
  readonly layer: TargetLayer;
  readonly error: LabError;
}

/**
 * What can be read of a target when some of its layers are damaged: the same target as if it had never had those. What a
 * layer did is then told against the layers that are left.
 * @throws LabError that of the first layer when none can be read; every error that is no damage.
 */
export async function readablePart(
  lab: Lab,
  target: Target,
  options: ProgressOptions = {},
): Promise<{ readonly target: Target; readonly damaged: readonly DamagedLayer[] }> {
  const damaged = await findDamage(lab, target, options);
  const [first] = damaged;
  if (first === undefined) return { target, damaged };
  if (damaged.length === target.layers.length) throw first.error;
  const gone = new Set(damaged.map(({ layer }) => layer));
  const layers = target.layers.filter(layer => !gone.has(layer));
  const digests = new Set([...gone].map(layer => layer.digest ?? layer.diffId));
  return { target: { ...target, layers, steps: target.steps.map(step => withoutLayers(step, digests)) }, damaged };
}

/** The layers of a target that cannot be read, in their order. @throws every error that is no damage. */
export async function findDamage(
  lab: Lab,
  target: Target,
  options: ProgressOptions = {},
): Promise<readonly DamagedLayer[]> {
  const tried = await Promise.all(target.layers.map(layer => damageOf(lab, layer, options)));
  return tried.filter(each => each !== null);
}

async function damageOf(lab: Lab, layer: TargetLayer, options: ProgressOptions): Promise<DamagedLayer | null> {
  try {
    await lab.facts([layer], options);
    return null;
  } catch (error) {
    if (isDamage(error)) return { layer, error };
    throw error;
  }
}

function withoutLayers(step: Step, gone: ReadonlySet<string | null>): Step {
  const isGone = step.layer !== null && gone.has(step.layer.digest);
  const baseLayers = step.baseLayers.filter(({ digest }) => !gone.has(digest));
  return { ...step, layer: isGone ? null : step.layer, baseLayers };
}
