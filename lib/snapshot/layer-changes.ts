import type { LayerIndex } from "../model/layer-index.ts";
import type { Change, Snapshot } from "../model/snapshot.ts";
import { mergedSnapshot, prepareLayer } from "./apply-layers.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { mergeStep } from "./merge-layer.ts";
import { addedChange, causesBetween, deletedChange, modifiedChange, rewritten } from "./node-changes.ts";

/**
 * What one layer does to the file system below it, in the order of paths; the root folder itself is left out. A path that
 * the layer has again with nothing changed comes with the cause `rewritten`. Costs the size of the layer, and as
 * `applyLayer` one copy of ten bytes for each node.
 * @throws LabError `too-large`.
 */
export function* layerChanges(before: Snapshot, layer: LayerIndex): Generator<Change, void, void> {
  const base = layered(before);
  const prepared = prepareLayer(base, layer);
  const after = mergedSnapshot(base, prepared);
  const { count, kinds, first, second } = prepared.steps;
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (kinds[i] === mergeStep.drop) {
      for (let index = first[i]!; index < second[i]!; index += 1) yield deletedChange(base, index);
    } else if (kinds[i] === mergeStep.keep) {
      at += second[i]! - first[i]!;
    } else {
      if (at > 0) yield putChange(base, second[i]! - 1, after, at);
      at += 1;
    }
  }
}

function putChange(base: LayeredSnapshot, replaced: number, after: LayeredSnapshot, at: number): Change {
  if (replaced < 0) return addedChange(after, at);
  const causes = causesBetween(base, replaced, after, at);
  return modifiedChange(base, replaced, after, at, causes.length > 0 ? causes : rewritten);
}
