import { item, type LayerTree, pathEnd } from "./layer-tree.ts";
import { isDirEntry } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** What a layer does to a snapshot, told in the order of paths. Positions are those of the snapshot's nodes and of the tree's items. */
export interface MergeSink {
  /** Nodes [from, to) stay as they are. */
  keep(from: number, to: number): void;
  /** Nodes [from, to) are gone. */
  drop(from: number, to: number): void;
  /** The layer's item is a node now, in the place of the node at `before`, or where none was (-1). */
  put(index: number, before: number): void;
}

/** Walks a layer's items along the snapshot below. Costs the size of the layer, not of the snapshot. */
export function mergeLayer(base: LayeredSnapshot, tree: LayerTree, sink: MergeSink): void {
  new LayerMerge(base, tree, sink).run();
}

class LayerMerge {
  readonly #base: LayeredSnapshot;
  readonly #tree: LayerTree;
  readonly #sink: MergeSink;
  #cursor = 0;
  /** Up to here the nodes below are taken away, since a folder above them was removed, emptied or replaced. */
  #clearedTo = 0;

  constructor(base: LayeredSnapshot, tree: LayerTree, sink: MergeSink) {
    this.#base = base;
    this.#tree = tree;
    this.#sink = sink;
  }

  run(): void {
    for (let index = 0; index < this.#tree.count; index += 1) this.#mergeItem(index);
    this.#advance(this.#base.nodes.count);
  }

  #mergeItem(index: number): void {
    const { view, entries, implied, flags } = this.#tree;
    const entry = entries[index]!;
    const path = {
      pool: view.pathPool,
      from: view.pathStarts[entry]!,
      to: pathEnd(view, entry, implied[index]!),
    };
    const at = this.#base.lowerBound(path, this.#cursor);
    this.#advance(at);
    const isNode = (flags[index]! & item.node) !== 0;
    if (at === this.#base.nodes.count || this.#base.comparePath(at, path) !== 0) {
      if (isNode) this.#sink.put(index, -1);
    } else if (isNode) {
      this.#putOver(index, at);
    } else {
      const end = this.#base.endOf(at);
      this.#sink.drop(at, end);
      this.#cursor = end;
    }
  }

  #putOver(index: number, at: number): void {
    const { view, entries, implied, flags } = this.#tree;
    const removed = (flags[index]! & item.removeSelf) !== 0 || at < this.#clearedTo;
    const fresh = (flags[index]! & item.fresh) !== 0;
    const isImplied = implied[index]! > 0;
    const bothFolders = this.#base.isDir(at) && (isImplied || isDirEntry(view, entries[index]!));
    const childrenStay = bothFolders && !removed && (flags[index]! & item.clearBelow) === 0;
    if (!childrenStay) this.#clearedTo = Math.max(this.#clearedTo, this.#base.endOf(at));
    if (isImplied && bothFolders && !removed && !fresh) this.#sink.keep(at, at + 1);
    else this.#sink.put(index, at);
    this.#cursor = at + 1;
  }

  #advance(to: number): void {
    const dropTo = Math.min(to, this.#clearedTo);
    if (this.#cursor < dropTo) {
      this.#sink.drop(this.#cursor, dropTo);
      this.#cursor = dropTo;
    }
    if (this.#cursor < to) {
      this.#sink.keep(this.#cursor, to);
      this.#cursor = to;
    }
  }
}
