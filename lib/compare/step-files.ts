/** What a step left otherwise than the step that it is compared with. */

import { layersOfStep } from "../lab/chain.ts";
import type { Lab, ProgressOptions, StepOf } from "../lab/lab.ts";
import { comparePaths } from "../layer/path-order.ts";
import { bytesOfPath } from "../model/path-text.ts";
import type { Change, ChangeCause } from "../model/snapshot.ts";
import { changeAt } from "../snapshot/change-at.ts";

export interface StepFiles {
  /** In the order of paths; what differs in nothing but times is left out. */
  readonly changes: readonly Change[];
  /** Number of paths that differ in nothing but times (a step that ran again). */
  readonly timeOnly: number;
}

/** Whether both made the very same layers, so that there is nothing to look for. */
export function haveSameLayers(one: StepOf, other: StepOf): boolean {
  const [a, b] = [layerNames(one), layerNames(other)];
  return a.length === b.length && a.every((name, at) => name === b[at]);
}

function layerNames({ step }: StepOf): string[] {
  return layersOfStep(step).map(({ layer }) => layer.diffId ?? layer.digest);
}

/**
 * Of all paths that the step touched in `one` or in `other`: how they are after `other` against how they are after
 * `one`. Paths that neither touched are not looked at, whatever earlier steps did to them.
 */
export async function compareStepFiles(
  lab: Lab,
  one: StepOf,
  other: StepOf,
  progress: ProgressOptions,
): Promise<StepFiles> {
  if (haveSameLayers(one, other)) return { changes: [], timeOnly: 0 };
  const touched = new Set<string>();
  for (const { target, step } of [one, other])
    for (const change of await lab.changesOf(target, step, progress)) touched.add(change.path);
  const before = await lab.snapshotAt(one.target, one.step, progress);
  const after = await lab.snapshotAt(other.target, other.step, progress);
  const changes: Change[] = [];
  let timeOnly = 0;
  for (const path of touched) {
    const change = changeAt(before, after, path);
    if (change === null) continue;
    if (isTimeOnly(change)) timeOnly += 1;
    else changes.push(change);
  }
  return { changes: inOrder(changes), timeOnly };
}

/** Kaniko gives what a step writes again a new time. */
export function isTimeOnly(change: Change): boolean {
  return change.kind === "M" && change.causes.every(cause => cause === ("time" satisfies ChangeCause));
}

function inOrder(changes: readonly Change[]): Change[] {
  const named = changes.map(change => ({ change, name: bytesOfPath(change.path) }));
  named.sort((a, b) => comparePaths(a.name, 0, a.name.length, b.name, 0, b.name.length));
  return named.map(({ change }) => change);
}
