import { isBelow } from "../layer/path-order.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";
import { type Pausing, rowsPerPause } from "../pausing.ts";
import { type ChangeClass, type ChangeList, changeClasses } from "./change-list.ts";
import { firstFrom } from "./first-from.ts";
import { comparePathSlices, type PathSlice } from "./layered-snapshot.ts";

/** Changes [from, to) of the list: those of a path and of everything below it. */
export interface ChangedPath {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** Whether the first of them is of this very path; else it is only a folder on the way. */
  readonly own: boolean;
}

/** Changes as a tree: since they are in the order of paths, every folder is a range, and its sums are differences. */
export class ChangeTree {
  readonly changes: ChangeList;
  /** For each class how many changes before this one are of it; one more at the end. */
  readonly #countsBefore: readonly Uint32Array[];
  readonly #bytesBefore: Float64Array;

  constructor(changes: ChangeList, countsBefore: readonly Uint32Array[], bytesBefore: Float64Array) {
    this.changes = changes;
    this.#countsBefore = countsBefore;
    this.#bytesBefore = bytesBefore;
  }

  /** Position of the change of a path, or -1. */
  find(path: string): number {
    const slice = sliceOf(path);
    const at = this.#lowerBound(slice, 0);
    return at < this.changes.length && comparePathSlices(this.changes.pathSlice(at), slice) === 0 ? at : -1;
  }

  /** What is directly below a folder, in byte order of the names. */
  *children(path: string): Generator<ChangedPath, void, void> {
    const folder = sliceOf(path);
    const nameFrom = path === "" ? 0 : folder.pool.length + 1;
    let at = path === "" ? 0 : this.#lowerBound(folder, 0);
    if (path !== "" && at < this.changes.length && comparePathSlices(this.changes.pathSlice(at), folder) === 0) at += 1;
    const end = path === "" ? this.changes.length : this.#endOf(folder, at);
    while (at < end) {
      const { pool, from, to } = this.changes.pathSlice(at);
      const slash = pool.indexOf(0x2f, from + nameFrom);
      const own = slash < 0 || slash >= to;
      const child = { pool, from, to: own ? to : slash };
      const childEnd = this.#endOf(child, own ? at + 1 : at);
      yield { path: pathFromBytes(pool.subarray(child.from, child.to)), from: at, to: childEnd, own };
      at = childEnd;
    }
  }

  count(kind: ChangeClass, from = 0, to = this.changes.length): number {
    const before = this.#countsBefore[changeClasses.indexOf(kind)]!;
    return before[to]! - before[from]!;
  }

  /** Bytes more (or fewer) than before. */
  bytesDelta(from = 0, to = this.changes.length): number {
    return this.#bytesBefore[to]! - this.#bytesBefore[from]!;
  }

  #lowerBound(path: PathSlice, start: number): number {
    return firstFrom(start, this.changes.length, at => comparePathSlices(this.changes.pathSlice(at), path) >= 0);
  }

  /** The first change from `start` on that is not below the folder. */
  #endOf(folder: PathSlice, start: number): number {
    return firstFrom(start, this.changes.length, at => {
      const path = this.changes.pathSlice(at);
      return !isBelow(path.pool, path.from, path.to, folder.pool, folder.from, folder.to);
    });
  }
}

/** One walk over all changes. */
export function* summingChanges(changes: ChangeList): Pausing<ChangeTree> {
  const countsBefore = changeClasses.map(() => new Uint32Array(changes.length + 1));
  const bytesBefore = new Float64Array(changes.length + 1);
  for (let at = 0; at < changes.length; at += 1) {
    const own = changes.classAt(at);
    for (const [kind, counts] of countsBefore.entries())
      counts[at + 1] = counts[at]! + (changeClasses[kind] === own ? 1 : 0);
    bytesBefore[at + 1] = bytesBefore[at]! + changes.bytesDeltaAt(at);
    if (at % rowsPerPause === 0) yield;
  }
  return new ChangeTree(changes, countsBefore, bytesBefore);
}

function sliceOf(path: string): PathSlice {
  const pool = bytesOfPath(path);
  return { pool, from: 0, to: pool.length };
}
