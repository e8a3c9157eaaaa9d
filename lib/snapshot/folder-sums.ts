import { type Pausing, rowsPerPause } from "../pausing.ts";
import { commonStart, isBelowParent } from "./common-start.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** For every node: where its subtree ends, how many children it has, and the sizes of all files up to it. */
export class FolderSums {
  /** First node after the subtree. */
  readonly ends: Uint32Array;
  readonly childCounts: Uint32Array;
  /** Sizes of all nodes before this one; one more at the end. */
  readonly #bytesBefore: Float64Array;

  constructor(ends: Uint32Array, childCounts: Uint32Array, bytesBefore: Float64Array) {
    this.ends = ends;
    this.childCounts = childCounts;
    this.#bytesBefore = bytesBefore;
  }

  /** Sum of the file sizes in a subtree, its own node included. */
  bytesOf(index: number): number {
    return this.#bytesBefore[this.ends[index]!]! - this.#bytesBefore[index]!;
  }
}

/** One walk over all nodes. */
export function* summingFolders(snapshot: LayeredSnapshot): Pausing<FolderSums> {
  const { count } = snapshot.nodes;
  const ends = new Uint32Array(count);
  const childCounts = new Uint32Array(count);
  const bytesBefore = new Float64Array(count + 1);
  const open: number[] = [];
  for (let index = 0; index < count; index += 1) {
    closeFolders(snapshot, open, index, ends);
    const parent = open[open.length - 1];
    if (parent !== undefined) childCounts[parent]! += 1;
    if (snapshot.isDir(index)) open.push(index);
    else ends[index] = index + 1;
    bytesBefore[index + 1] = bytesBefore[index]! + ownBytes(snapshot, index);
    if (index % rowsPerPause === 0) yield;
  }
  for (const folder of open) ends[folder] = count;
  return new FolderSums(ends, childCounts, bytesBefore);
}

/** Ends the innermost open folders that the node is not in. */
function closeFolders(snapshot: LayeredSnapshot, open: number[], index: number, ends: Uint32Array): void {
  if (isImpliedBelow(snapshot, open[open.length - 1], index)) return;
  const path = snapshot.pathSlice(index);
  const innermost = open.length === 0 ? path : snapshot.pathSlice(open[open.length - 1]!);
  const common = commonStart(path.pool, path.from, path.to, innermost.pool, innermost.from, innermost.to);
  for (let top = open[open.length - 1]; top !== undefined; top = open[open.length - 1]) {
    const folder = snapshot.pathSlice(top);
    if (isBelowParent(path.pool, path.from, path.to, common, folder.to - folder.from)) return;
    ends[top] = index;
    open.pop();
  }
}

/** Implied parents of one entry follow each other, outermost first: nothing needs to be compared. */
function isImpliedBelow({ nodes }: LayeredSnapshot, folder: number | undefined, index: number): boolean {
  if (folder !== index - 1 || nodes.implied[folder] === 0) return false;
  return nodes.entries[folder] === nodes.entries[index] && nodes.views[folder] === nodes.views[index];
}

/** The same for one folder that ends before node `end`. */
export function countFolder(
  snapshot: LayeredSnapshot,
  folder: number,
  end: number,
): { readonly bytes: number; readonly childCount: number } {
  let bytes = 0;
  for (let index = folder + 1; index < end; index += 1) bytes += ownBytes(snapshot, index);
  let childCount = 0;
  for (let index = folder + 1; index < end; index = snapshot.endOf(index)) childCount += 1;
  return { bytes, childCount };
}

/** Hard links count 0: their content is counted where it is. */
function ownBytes(snapshot: LayeredSnapshot, index: number): number {
  const { nodes, views } = snapshot;
  return nodes.implied[index]! > 0 ? 0 : views[nodes.views[index]!]!.columns.data.sizes[nodes.entries[index]!]!;
}
