/** What turned one file system into another, with paths as people write them. */

import type { Change, ChangeCounts, ChangeKind } from "../model/snapshot.ts";
import type { ChangeList } from "../snapshot/change-list.ts";
import { countChanges } from "../snapshot/count-changes.ts";

/**
 * Changes between two file systems, in the order of their paths: iterate for each one with its causes and both sides, or
 * take the paths by kind. A layer repeats the parents of what it has, and a command that runs again gives files a new time:
 * a path of which nothing but perhaps the time differs is no change in `modified`; iterating tells of it, too.
 */
export class Difference implements Iterable<Change> {
  readonly #list: ChangeList;
  #paths: Readonly<Record<ChangeKind, readonly string[]>> | null = null;
  #counts: ChangeCounts | null = null;

  /** @internal */
  constructor(list: ChangeList) {
    this.#list = list;
  }

  /** Every change as it was found. Their paths have no slash in front. */
  [Symbol.iterator](): Iterator<Change> {
    return this.#list[Symbol.iterator]();
  }

  /** Paths from the root, as in `/usr/bin/curl`, in order; folders before what is in them. */
  get added(): readonly string[] {
    return this.#byKind().A;
  }

  /** In anything but their time alone. */
  get modified(): readonly string[] {
    return this.#byKind().M;
  }

  get deleted(): readonly string[] {
    return this.#byKind().D;
  }

  /** Sizes of the files that were added or got another content, in bytes. */
  get bytesAdded(): number {
    return this.#counted().bytesAdded;
  }

  /** Sizes of all files after minus before, in bytes; may be negative. */
  get bytesDelta(): number {
    return this.#counted().bytesDelta;
  }

  #counted(): ChangeCounts {
    this.#counts ??= countChanges(this.#list);
    return this.#counts;
  }

  #byKind(): Readonly<Record<ChangeKind, readonly string[]>> {
    if (this.#paths !== null) return this.#paths;
    const paths: Record<ChangeKind, string[]> = { A: [], M: [], D: [] };
    let at = 0;
    for (const { kind, path } of this.#list) {
      if (this.#list.classAt(at) !== "rewritten") paths[kind].push(`/${path}`);
      at += 1;
    }
    this.#paths = paths;
    return paths;
  }
}
