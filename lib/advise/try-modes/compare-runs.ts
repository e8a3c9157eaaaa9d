/** What one mode made otherwise than another one: files, and how much there is to store. */

import { compareStepFiles } from "../../compare/step-files.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { Step } from "../../model/build.ts";
import type { Change } from "../../model/snapshot.ts";
import type { Target } from "../../model/target.ts";

/** A path that is not what the first mode makes of it, at the step from which on it is not. */
export interface ModeDifference {
  readonly step: Step;
  readonly change: Change;
}

/**
 * @param ignored paths that differ from run to run whatever the mode.
 * @returns each path once, in the order of steps. @throws LabError as `Lab.changesOf`
 */
export async function differencesOf(
  lab: Lab,
  one: Target,
  other: Target,
  ignored: ReadonlySet<string>,
  progress: ProgressOptions,
): Promise<ModeDifference[]> {
  const found: ModeDifference[] = [];
  const seen = new Set(ignored);
  for (const step of one.steps) {
    const same = other.steps.find(({ number }) => number === step.number);
    if (same === undefined || step.status === "skipped") continue;
    const { changes } = await compareStepFiles(lab, { target: one, step }, { target: other, step: same }, progress);
    for (const change of changes) {
      const place = placeOf(step, change.path);
      if (seen.has(place)) continue;
      seen.add(place);
      found.push({ step, change });
    }
  }
  return found;
}

/** Each stage has a file system of its own. */
export function placeOf({ stage }: Step, path: string): string {
  return `${stage.index} ${path}`;
}

export interface StoredSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Of all layers that steps made. */
export async function storedSize(lab: Lab, target: Target, progress: ProgressOptions): Promise<StoredSize> {
  const made = new Set(target.steps.flatMap(({ layer }) => (layer === null ? [] : [layer.digest])));
  const layers = target.layers.filter(({ digest }) => digest !== null && made.has(digest));
  const indexes = await lab.indexes(layers, progress);
  const sizes = new Map(target.steps.flatMap(({ layer }) => (layer ? [[layer.digest, layer.sizeBytes] as const] : [])));
  return {
    entries: indexes.reduce((sum, { entryCount }) => sum + entryCount, 0),
    bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}
