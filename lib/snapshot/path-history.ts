import type { LayerIndex } from "../model/layer-index.ts";
import type { Change, Snapshot } from "../model/snapshot.ts";
import { atOnce, type Pausing } from "../pausing.ts";
import { applyingLayer, emptySnapshot } from "./apply-layers.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { causesBetween, changeOf, rewrittenBit } from "./node-changes.ts";

export interface PathEvent {
  /** Position of the layer in the list, from 0. */
  readonly layer: number;
  readonly change: Change;
}

/**
 * What each layer did to one path, oldest first. Layers that left it alone are not in it; one that has it again with
 * nothing changed is, with the cause `rewritten`. Of a folder only its own attributes count, not what is in it.
 * @throws LabError `too-large`.
 */
export function pathHistory(layers: readonly LayerIndex[], path: string): PathEvent[] {
  return atOnce(tracingPath(layers, path));
}

/** `pathHistory`, for who must not wait for it. */
export function* tracingPath(layers: readonly LayerIndex[], path: string): Pausing<PathEvent[]> {
  const events: PathEvent[] = [];
  let before: Snapshot = emptySnapshot;
  for (const [layer, index] of layers.entries()) {
    const after = yield* applyingLayer(before, index);
    const change = changeAt(layered(before), layered(after), path);
    if (change !== null) events.push({ layer, change });
    before = after;
  }
  return events;
}

function changeAt(before: LayeredSnapshot, after: LayeredSnapshot, path: string): Change | null {
  const [a, b] = [before.indexOf(path), after.indexOf(path)];
  if (a < 0 && b < 0) return null;
  if (a < 0 || b < 0) return changeOf(before, a, after, b, 0);
  const untouched = after.nodes.views[b] !== after.views.length - 1;
  return untouched ? null : changeOf(before, a, after, b, causesBetween(before, a, after, b) || rewrittenBit);
}
