import type { LayerIndex } from "../model/layer-index.ts";
import type { Change, Snapshot } from "../model/snapshot.ts";
import { mergeSnapshot, preparedLayer } from "./apply-layers.ts";
import { layered } from "./layered-snapshot.ts";
import { type MergeSink, mergeLayer } from "./merge-layer.ts";
import { addedChange, causesBetween, deletedChange, modifiedChange, rewritten } from "./node-changes.ts";

/**
 * What one layer does to the file system below it, in the order of paths; the root folder itself is left out. A path that
 * the layer has again with nothing changed comes with the cause `rewritten`. Costs the size of the layer, and as
 * `applyLayer` one copy of ten bytes for each node.
 * @throws LabError `too-large`.
 */
export function* layerChanges(before: Snapshot, layer: LayerIndex): Generator<Change, void, void> {
  const base = layered(before);
  const tree = preparedLayer(base, layer);
  const after = mergeSnapshot(base, tree);
  const steps = new StepList();
  mergeLayer(base, tree, steps);
  for (const { from, to, before: replaced, at } of steps.list) {
    if (at < 0) {
      for (let index = from; index < to; index += 1) yield deletedChange(base, index);
    } else if (at > 0 && replaced < 0) {
      yield addedChange(after, at);
    } else if (at > 0) {
      const causes = causesBetween(base, replaced, after, at);
      yield modifiedChange(base, replaced, after, at, causes.length > 0 ? causes : rewritten);
    }
  }
}

interface Step {
  /** Nodes below that are gone: [from, to). */
  readonly from: number;
  readonly to: number;
  /** The node below whose place a new one took, or -1. */
  readonly before: number;
  /** Position of the new node in the snapshot after the layer; -1 for nodes that are gone. */
  readonly at: number;
}

class StepList implements MergeSink {
  readonly list: Step[] = [];
  #count = 0;

  keep(from: number, to: number): void {
    this.#count += to - from;
  }

  drop(from: number, to: number): void {
    this.list.push({ from, to, before: -1, at: -1 });
  }

  put(_index: number, before: number): void {
    this.list.push({ from: 0, to: 0, before, at: this.#count });
    this.#count += 1;
  }
}
