import type { LayerIndex } from "../model/layer-index.ts";
import type { Change, Snapshot } from "../model/snapshot.ts";
import { applyLayer, emptySnapshot } from "./apply-layers.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { addedChange, causesBetween, deletedChange, modifiedChange, rewritten } from "./node-changes.ts";

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
  const events: PathEvent[] = [];
  let before: Snapshot = emptySnapshot;
  for (const [layer, index] of layers.entries()) {
    const after = applyLayer(before, index);
    const change = changeOf(layered(before), layered(after), path);
    if (change !== null) events.push({ layer, change });
    before = after;
  }
  return events;
}

function changeOf(before: LayeredSnapshot, after: LayeredSnapshot, path: string): Change | null {
  const [a, b] = [before.indexOf(path), after.indexOf(path)];
  if (b < 0) return a < 0 ? null : deletedChange(before, a);
  if (a < 0) return addedChange(after, b);
  const untouched = after.nodes.views[b] !== after.views.length - 1;
  if (untouched) return null;
  const causes = causesBetween(before, a, after, b);
  return modifiedChange(before, a, after, b, causes.length > 0 ? causes : rewritten);
}
