import { LabError } from "../error.ts";
import { columnsOf } from "../layer/columns-of.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { atOnce, type Pausing, rowsPerPause } from "../pausing.ts";
import { findingHardLinks } from "./hard-links.ts";
import { foldingLayer, type LayerTree, maximumNodes } from "./layer-tree.ts";
import { type LayerView, viewOf } from "./layer-view.ts";
import { LayeredSnapshot, layered, type NodeColumns } from "./layered-snapshot.ts";
import { followingLinkedParents } from "./linked-parents.ts";
import { type MergeSteps, mergeStep, mergingLayer } from "./merge-layer.ts";

const maximumLayers = 0xffff;

/** A file system with nothing but its root. */
export const emptySnapshot: Snapshot = new LayeredSnapshot([], {
  count: 1,
  views: Uint16Array.of(0),
  entries: Uint32Array.of(0),
  implied: Uint32Array.of(1),
});

/**
 * The file system after all these layers, oldest first, by the rules of the OCI image specification where engines agree:
 * whiteouts hide only what is in the layers below, wherever they stand in their layer, and make nothing; of several entries of one path the
 * last one counts; a folder over a folder keeps what is in it; missing parents are folders of root with mode 0755; a
 * parent that is a symbolic link is followed within the root.
 * @throws LabError `too-large`.
 */
export function applyLayers(layers: readonly LayerIndex[]): Snapshot {
  return layers.reduce<Snapshot>((snapshot, layer) => applyLayer(snapshot, layer), emptySnapshot);
}

/**
 * The file system after one more layer. The snapshot below stays as it is; costs the size of the layer, and one copy of
 * ten bytes for each node.
 * @throws LabError `too-large`.
 */
export function applyLayer(snapshot: Snapshot, layer: LayerIndex): Snapshot {
  return atOnce(applyingLayer(snapshot, layer));
}

/** `applyLayer`, for who must not wait for it. */
export function* applyingLayer(snapshot: Snapshot, layer: LayerIndex): Pausing<Snapshot> {
  const base = layered(snapshot);
  if (base.views.length === 0) {
    const first = yield* layingFirst(base, layer);
    if (first !== null) return first;
  }
  return yield* mergingSnapshot(base, yield* preparingLayer(base, layer));
}

/** Upon nothing there is nothing to merge with: the layer's own tree is the snapshot. Null when it is not so simple. */
function* layingFirst(base: LayeredSnapshot, layer: LayerIndex): Pausing<LayeredSnapshot | null> {
  const tree = yield* foldingLayer(yield* findingHardLinks(viewOf(columnsOf(layer)), base));
  if (tree.throughSymlink || !tree.allNodes) return null;
  const { view, count, entries, implied } = tree;
  return new LayeredSnapshot([view], { count, views: new Uint16Array(count), entries, implied });
}

/** A layer and what it does to one very snapshot. */
export interface PreparedLayer {
  readonly tree: LayerTree;
  readonly steps: MergeSteps;
}

export function* preparingLayer(base: LayeredSnapshot, layer: LayerIndex): Pausing<PreparedLayer> {
  checkLayerCount(base);
  const view = viewOf(columnsOf(layer));
  const prepared = yield* preparingView(base, view);
  if (!prepared.steps.throughSymlink) return prepared;
  return yield* preparingView(base, yield* followingLinkedParents(view, base));
}

/**
 * The file system after one more layer of which only a part is at hand; null when links would have to be followed.
 * @param positions where the part's entries stand in the index of the whole layer
 */
export function applyPart(base: LayeredSnapshot, part: LayerColumns, positions: Uint32Array): LayeredSnapshot | null {
  checkLayerCount(base);
  const prepared = atOnce(preparingView(base, { ...viewOf(part), positions }));
  return prepared.steps.throughSymlink ? null : atOnce(mergingSnapshot(base, prepared));
}

function checkLayerCount(base: LayeredSnapshot): void {
  if (base.views.length >= maximumLayers) {
    throw new LabError("too-large", `more than ${maximumLayers} layers in one image`);
  }
}

function* preparingView(base: LayeredSnapshot, view: LayerView): Pausing<PreparedLayer> {
  const tree = yield* foldingLayer(yield* findingHardLinks(view, base));
  return { tree, steps: yield* mergingLayer(base, tree) };
}

export function* mergingSnapshot(base: LayeredSnapshot, { tree, steps }: PreparedLayer): Pausing<LayeredSnapshot> {
  const nodes = new NodeWriter(base.nodes, tree, base.views.length);
  for (let i = 0; i < steps.count; i += 1) {
    if (steps.kinds[i] === mergeStep.keep) nodes.keep(steps.first[i]!, steps.second[i]!);
    else if (steps.kinds[i] === mergeStep.put) nodes.put(steps.first[i]!);
    if (i % rowsPerPause === 0) yield;
  }
  return new LayeredSnapshot([...base.views, tree.view], nodes.finish());
}

class NodeWriter {
  readonly #base: NodeColumns;
  readonly #tree: LayerTree;
  readonly #viewNumber: number;
  readonly #views: Uint16Array;
  readonly #entries: Uint32Array;
  readonly #implied: Uint32Array;
  #count = 0;

  constructor(base: NodeColumns, tree: LayerTree, viewNumber: number) {
    this.#base = base;
    this.#tree = tree;
    this.#viewNumber = viewNumber;
    const atMost = base.count + tree.count;
    if (atMost > maximumNodes) throw new LabError("too-large", `more than ${maximumNodes} paths in one image`);
    this.#views = new Uint16Array(atMost);
    this.#entries = new Uint32Array(atMost);
    this.#implied = new Uint32Array(atMost);
  }

  keep(from: number, to: number): void {
    this.#views.set(this.#base.views.subarray(from, to), this.#count);
    this.#entries.set(this.#base.entries.subarray(from, to), this.#count);
    this.#implied.set(this.#base.implied.subarray(from, to), this.#count);
    this.#count += to - from;
  }

  put(index: number): void {
    this.#views[this.#count] = this.#viewNumber;
    this.#entries[this.#count] = this.#tree.entries[index]!;
    this.#implied[this.#count] = this.#tree.implied[index]!;
    this.#count += 1;
  }

  finish(): NodeColumns {
    return {
      count: this.#count,
      views: this.#views.slice(0, this.#count),
      entries: this.#entries.slice(0, this.#count),
      implied: this.#implied.slice(0, this.#count),
    };
  }
}
