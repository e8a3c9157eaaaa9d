import { isBelow } from "../layer/path-order.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** For every node: where its subtree ends, how many children it has, and the sizes of all files up to it. */
export class FolderSums {
  /** First node after the subtree. */
  readonly ends: Uint32Array;
  readonly childCounts: Uint32Array;
  /** Sizes of all nodes before this one; one more at the end. */
  readonly #bytesBefore: Float64Array;

  constructor(snapshot: LayeredSnapshot) {
    const { count } = snapshot.nodes;
    this.ends = new Uint32Array(count);
    this.childCounts = new Uint32Array(count);
    this.#bytesBefore = new Float64Array(count + 1);
    const open: number[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#closeUpTo(snapshot, open, index);
      const parent = open[open.length - 1];
      if (parent !== undefined) this.childCounts[parent]! += 1;
      if (snapshot.isDir(index)) open.push(index);
      else this.ends[index] = index + 1;
      this.#bytesBefore[index + 1] = this.#bytesBefore[index]! + ownBytes(snapshot, index);
    }
    for (const folder of open) this.ends[folder] = count;
  }

  /** Sum of the file sizes in a subtree, its own node included. */
  bytesOf(index: number): number {
    return this.#bytesBefore[this.ends[index]!]! - this.#bytesBefore[index]!;
  }

  #closeUpTo(snapshot: LayeredSnapshot, open: number[], index: number): void {
    const path = snapshot.pathSlice(index);
    for (let top = open[open.length - 1]; top !== undefined; top = open[open.length - 1]) {
      const folder = snapshot.pathSlice(top);
      if (isBelow(path.pool, path.from, path.to, folder.pool, folder.from, folder.to)) return;
      this.ends[top] = index;
      open.pop();
    }
  }
}

/** Hard links count 0: their content is counted where it is. */
function ownBytes(snapshot: LayeredSnapshot, index: number): number {
  const { nodes, views } = snapshot;
  return nodes.implied[index]! > 0 ? 0 : views[nodes.views[index]!]!.columns.data.sizes[nodes.entries[index]!]!;
}
