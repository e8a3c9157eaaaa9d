import { comparePaths, isBelow } from "../layer/path-order.ts";
import { bytesOfPath } from "../model/path-text.ts";
import type { Snapshot, TreeNode } from "../model/snapshot.ts";
import { atOnce, type Pausing } from "../pausing.ts";
import { firstFrom } from "./first-from.ts";
import { countFolder, type FolderSums, summingFolders } from "./folder-sums.ts";
import { pathEnd } from "./layer-tree.ts";
import { type ContentRef, isDirEntry, isHardLinkEntry, type LayerView } from "./layer-view.ts";
import { NodeView } from "./node-view.ts";

/** The nodes of a snapshot in the order of their paths: a folder stands directly before all that is below it. The root is the first. */
export interface NodeColumns {
  readonly count: number;
  /** Which of the views. */
  readonly views: Uint16Array;
  readonly entries: Uint32Array;
  /** As in `LayerTree`: 0, or for folders that no layer has the length of their path plus 1. */
  readonly implied: Uint32Array;
}

/** The path of a node as bytes: a slice of a pool. */
export interface PathSlice {
  readonly pool: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export function comparePathSlices(one: PathSlice, other: PathSlice): number {
  return comparePaths(one.pool, one.from, one.to, other.pool, other.from, other.to);
}

/** A snapshot over the indexes of its layers. Immutable; the next one is made with `applyLayer`. */
export class LayeredSnapshot implements Snapshot {
  readonly views: readonly LayerView[];
  readonly nodes: NodeColumns;
  #sums: FolderSums | null = null;
  /** How many nodes were counted for single folders. */
  #counted = 0;

  constructor(views: readonly LayerView[], nodes: NodeColumns) {
    this.views = views;
    this.nodes = nodes;
  }

  get nodeCount(): number {
    return this.nodes.count - 1;
  }

  get totalBytes(): number {
    return this.#allSums.bytesOf(0);
  }

  /** The sizes of all files below a folder, and the number of its children. */
  folder(index: number): { readonly bytes: number; readonly childCount: number } {
    if (this.#sums === null) {
      // A few folders are counted one by one: listing one of a million takes no walk over all the others.
      const end = this.endOf(index);
      this.#counted += end - index;
      if (this.#counted < this.nodes.count) return countFolder(this, index, end);
    }
    const sums = this.#allSums;
    return { bytes: sums.bytesOf(index), childCount: sums.childCounts[index]! };
  }

  get #allSums(): FolderSums {
    return this.#sums ?? atOnce(this.summing());
  }

  /** Counts all folders at once, in one walk over all nodes: for who will ask for many of them, and must not wait. */
  *summing(): Pausing<FolderSums> {
    this.#sums ??= yield* summingFolders(this);
    return this.#sums;
  }

  node(path: string): TreeNode | null {
    const index = this.indexOf(path);
    return index < 0 ? null : this.nodeAt(index);
  }

  children(path: string, most = Number.POSITIVE_INFINITY): TreeNode[] {
    const children: TreeNode[] = [];
    const folder = this.indexOf(path);
    if (folder < 0) return children;
    const end = this.endOf(folder);
    for (let index = folder + 1; index < end && children.length < most; index = this.endOf(index)) {
      children.push(this.nodeAt(index));
    }
    return children;
  }

  *walk(path = ""): Generator<TreeNode, void, void> {
    const folder = this.indexOf(path);
    if (folder < 0) return;
    const end = this.endOf(folder);
    for (let index = folder + 1; index < end; index += 1) yield this.nodeAt(index);
  }

  nodeAt(index: number): TreeNode {
    return new NodeView(this, index);
  }

  /** Position of a path's node, or -1. */
  indexOf(path: string): number {
    const pool = bytesOfPath(path);
    const slice = { pool, from: 0, to: pool.length };
    const index = this.lowerBound(slice, 0);
    return index < this.nodes.count && this.comparePath(index, slice) === 0 ? index : -1;
  }

  pathSlice(index: number): PathSlice {
    const view = this.views[this.nodes.views[index]!];
    // Only the root of a snapshot without layers has no view.
    if (view === undefined) return { pool: new Uint8Array(0), from: 0, to: 0 };
    const entry = this.nodes.entries[index]!;
    return {
      pool: view.pathPool,
      from: view.pathStarts[entry]!,
      to: pathEnd(view, entry, this.nodes.implied[index]!),
    };
  }

  comparePath(index: number, other: PathSlice): number {
    return comparePathSlices(this.pathSlice(index), other);
  }

  /** The first node from `start` on whose path is not less than this one: steps that double, then halving. */
  lowerBound(path: PathSlice, start: number): number {
    return firstFrom(start, this.nodes.count, index => this.comparePath(index, path) >= 0);
  }

  /** The first node after `index` that is not below it. */
  endOf(index: number): number {
    const folder = this.pathSlice(index);
    return firstFrom(index + 1, this.nodes.count, other => {
      const path = this.pathSlice(other);
      return !isBelow(path.pool, path.from, path.to, folder.pool, folder.from, folder.to);
    });
  }

  isDir(index: number): boolean {
    if (this.nodes.implied[index]! > 0) return true;
    return isDirEntry(this.views[this.nodes.views[index]!]!, this.nodes.entries[index]!);
  }

  isHardLink(index: number): boolean {
    if (this.nodes.implied[index]! > 0) return false;
    return isHardLinkEntry(this.views[this.nodes.views[index]!]!, this.nodes.entries[index]!);
  }

  /** The entry that has a node's attributes and content: its own, or what its hard link names. Null for implied folders. */
  contentRef(index: number): ContentRef | null {
    if (this.nodes.implied[index]! > 0) return null;
    const view = this.views[this.nodes.views[index]!]!;
    const entry = this.nodes.entries[index]!;
    return view.hardLinks.get(entry) ?? { view, entry };
  }
}

/** @returns the snapshot as made here; foreign implementations of the interface are not supported. */
export function layered(snapshot: Snapshot): LayeredSnapshot {
  if (snapshot instanceof LayeredSnapshot) return snapshot;
  throw new TypeError("not a snapshot made by applyLayers");
}
