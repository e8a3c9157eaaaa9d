import { GrowingNumbers } from "../layer/growing.ts";
import { type Pausing, rowsPerPause } from "../pausing.ts";
import { item, type LayerTree, pathEnd } from "./layer-tree.ts";
import { isDirEntry, isSymlinkEntry } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/**
 * What a layer does to a snapshot, as steps in the order of paths. Together they tell of every node of the snapshot
 * below and of every node of the layer.
 */
export interface MergeSteps {
  readonly count: number;
  /** One of `mergeStep`. */
  readonly kinds: Uint8Array;
  /** keep, drop: the nodes [first, second) of the snapshot below. put: the item of the tree that is a node now. */
  readonly first: Uint32Array;
  /** put: the node in whose place it comes, plus 1; 0 where none was. */
  readonly second: Uint32Array;
  /** Whether an entry of the layer has a parent that is a symbolic link below: it has to be followed first. */
  readonly throughSymlink: boolean;
}

export const mergeStep = { keep: 0, drop: 1, put: 2 } as const;

/** Walks a layer's items along the snapshot below. Costs the size of the layer, not of the snapshot. */
export function mergingLayer(base: LayeredSnapshot, tree: LayerTree): Pausing<MergeSteps> {
  return new LayerMerge(base, tree).run();
}

class LayerMerge {
  readonly #base: LayeredSnapshot;
  readonly #tree: LayerTree;
  readonly #kinds = new GrowingNumbers(length => new Uint8Array(length));
  readonly #first = new GrowingNumbers(length => new Uint32Array(length));
  readonly #second = new GrowingNumbers(length => new Uint32Array(length));
  #throughSymlink: boolean;
  #cursor = 0;
  /** Up to here the nodes below are taken away, since a folder above them was removed, emptied or replaced. */
  #clearedTo = 0;

  constructor(base: LayeredSnapshot, tree: LayerTree) {
    this.#base = base;
    this.#tree = tree;
    this.#throughSymlink = tree.throughSymlink;
  }

  *run(): Pausing<MergeSteps> {
    for (let index = 0; index < this.#tree.count; index += 1) {
      this.#mergeItem(index);
      if (index % rowsPerPause === 0) yield;
    }
    this.#advance(this.#base.nodes.count);
    return {
      count: this.#kinds.length,
      kinds: this.#kinds.view(),
      first: this.#first.view(),
      second: this.#second.view(),
      throughSymlink: this.#throughSymlink,
    };
  }

  #mergeItem(index: number): void {
    const { view, entries, implied, flags } = this.#tree;
    const isNode = (flags[index]! & item.node) !== 0;
    if (this.#cursor === this.#base.nodes.count) {
      // Nothing is left below, as for every path of a first layer.
      if (isNode) this.#push(mergeStep.put, index, 0);
      return;
    }
    const entry = entries[index]!;
    const path = {
      pool: view.pathPool,
      from: view.pathStarts[entry]!,
      to: pathEnd(view, entry, implied[index]!),
    };
    const at = this.#base.lowerBound(path, this.#cursor);
    this.#advance(at);
    if (at === this.#base.nodes.count || this.#base.comparePath(at, path) !== 0) {
      if (isNode) this.#push(mergeStep.put, index, 0);
    } else if (isNode) {
      this.#putOver(index, at);
    } else {
      this.#takeAway(flags[index]!, at);
    }
  }

  /** An item that is no node: a whiteout, or a parent of one. */
  #takeAway(flags: number, at: number): void {
    if ((flags & item.removeSelf) !== 0) {
      const end = this.#base.endOf(at);
      this.#push(mergeStep.drop, at, end);
      this.#cursor = end;
    } else if (at >= this.#clearedTo) {
      if (this.#isSymlinkBelow(at)) this.#throughSymlink = true;
      if ((flags & item.clearBelow) === 0) return;
      this.#clearedTo = this.#base.endOf(at);
      this.#push(mergeStep.keep, at, at + 1);
      this.#cursor = at + 1;
    }
  }

  #putOver(index: number, at: number): void {
    const { view, entries, implied, flags } = this.#tree;
    const removed = (flags[index]! & item.removeSelf) !== 0 || at < this.#clearedTo;
    const fresh = (flags[index]! & item.fresh) !== 0;
    const isImplied = implied[index]! > 0;
    const isFolder = isImplied || isDirEntry(view, entries[index]!);
    const bothFolders = isFolder && this.#base.isDir(at);
    if (isFolder && !removed && this.#isSymlinkBelow(at)) this.#throughSymlink = true;
    const childrenStay = bothFolders && !removed && (flags[index]! & item.clearBelow) === 0;
    if (!childrenStay) this.#clearedTo = Math.max(this.#clearedTo, this.#base.endOf(at));
    if (isImplied && bothFolders && !removed && !fresh) this.#push(mergeStep.keep, at, at + 1);
    else this.#push(mergeStep.put, index, at + 1);
    this.#cursor = at + 1;
  }

  #isSymlinkBelow(at: number): boolean {
    const ref = this.#base.contentRef(at);
    return ref !== null && isSymlinkEntry(ref.view, ref.entry);
  }

  #advance(to: number): void {
    const dropTo = Math.min(to, this.#clearedTo);
    if (this.#cursor < dropTo) {
      this.#push(mergeStep.drop, this.#cursor, dropTo);
      this.#cursor = dropTo;
    }
    if (this.#cursor < to) {
      this.#push(mergeStep.keep, this.#cursor, to);
      this.#cursor = to;
    }
  }

  #push(kind: number, first: number, second: number): void {
    this.#kinds.push(kind);
    this.#first.push(first);
    this.#second.push(second);
  }
}
