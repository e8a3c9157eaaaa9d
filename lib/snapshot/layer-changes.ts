import type { LayerIndex } from "../model/layer-index.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { atOnce, type Pausing, rowsPerPause } from "../pausing.ts";
import { mergingSnapshot, preparingLayer } from "./apply-layers.ts";
import { type ChangeList, ChangeListBuilder } from "./change-list.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { mergeStep } from "./merge-layer.ts";
import { causesBetween, rewrittenBit } from "./node-changes.ts";

/**
 * What one layer does to the file system below it, in the order of paths; the root folder itself is left out. A path that
 * the layer has again with nothing changed comes with the cause `rewritten`. Costs the size of the layer, and as
 * `applyLayer` one copy of ten bytes for each node.
 * @throws LabError `too-large`.
 */
export function layerChanges(before: Snapshot, layer: LayerIndex): ChangeList {
  return atOnce(findingLayerChanges(before, layer));
}

/** `layerChanges`, for who must not wait for it. */
export function* findingLayerChanges(before: Snapshot, layer: LayerIndex): Pausing<ChangeList> {
  return (yield* steppingThrough(before, layer)).changes;
}

/** The file system after one more layer, and what the layer did to the one below: both for the price of one. */
export function* steppingThrough(
  before: Snapshot,
  layer: LayerIndex,
): Pausing<{ readonly after: LayeredSnapshot; readonly changes: ChangeList }> {
  const base = layered(before);
  const prepared = yield* preparingLayer(base, layer);
  const after = yield* mergingSnapshot(base, prepared);
  const { count, kinds, first, second } = prepared.steps;
  const changes = new ChangeListBuilder(base, after);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (i % rowsPerPause === 0) yield;
    if (kinds[i] === mergeStep.drop) {
      for (let index = first[i]!; index < second[i]!; index += 1) {
        changes.deleted(index);
        if (index % rowsPerPause === 0) yield;
      }
    } else if (kinds[i] === mergeStep.keep) {
      at += second[i]! - first[i]!;
    } else {
      const replaced = second[i]! - 1;
      if (at > 0 && replaced < 0) changes.added(at);
      else if (at > 0) changes.modified(replaced, at, causesBetween(base, replaced, after, at) || rewrittenBit);
      at += 1;
    }
  }
  return { after, changes: changes.finish() };
}
