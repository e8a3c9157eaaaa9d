import { GrowingNumbers } from "../layer/growing.ts";
import type { Change } from "../model/snapshot.ts";
import type { LayeredSnapshot, PathSlice } from "./layered-snapshot.ts";
import { changeOf, noiseBits } from "./node-changes.ts";

/**
 * What became of a path. `rewritten`: the layer has it again with nothing but perhaps its time changed; Kaniko repeats the
 * parents of everything it writes, and a command that runs again gives every file a new time.
 */
export const changeClasses = ["added", "modified", "deleted", "rewritten"] as const;
export type ChangeClass = (typeof changeClasses)[number];

/** Changes between two snapshots, in the order of their paths: nine bytes each, as there may be millions. */
export class ChangeList implements Iterable<Change> {
  readonly #before: LayeredSnapshot;
  readonly #after: LayeredSnapshot;
  /** Nodes before and after; 0, the root, stands for none. */
  readonly #befores: Uint32Array;
  readonly #afters: Uint32Array;
  readonly #causes: Uint8Array;

  constructor(
    [before, after]: readonly [LayeredSnapshot, LayeredSnapshot],
    columns: { readonly befores: Uint32Array; readonly afters: Uint32Array; readonly causes: Uint8Array },
  ) {
    this.#before = before;
    this.#after = after;
    this.#befores = columns.befores;
    this.#afters = columns.afters;
    this.#causes = columns.causes;
  }

  get length(): number {
    return this.#causes.length;
  }

  /** @throws RangeError when there is no such change. */
  at(position: number): Change {
    if (!(position >= 0 && position < this.length)) throw new RangeError(`no change ${position} of ${this.length}`);
    const before = this.beforeIndexAt(position);
    const after = this.afterIndexAt(position);
    return changeOf(this.#before, before, this.#after, after, this.#causes[position]!);
  }

  *[Symbol.iterator](): Generator<Change, void, void> {
    for (let position = 0; position < this.length; position += 1) yield this.at(position);
  }

  /** Those for which `isWanted` holds. */
  select(isWanted: (change: Change) => boolean): ChangeList {
    const positions = new GrowingNumbers(length => new Uint32Array(length));
    for (let position = 0; position < this.length; position += 1)
      if (isWanted(this.at(position))) positions.push(position);
    const chosen = positions.view();
    return new ChangeList([this.#before, this.#after], {
      befores: chosen.map(position => this.#befores[position]!),
      afters: chosen.map(position => this.#afters[position]!),
      causes: Uint8Array.from(chosen, position => this.#causes[position]!),
    });
  }

  /** The node before in its snapshot, or -1. */
  beforeIndexAt(position: number): number {
    return this.#befores[position]! || -1;
  }

  /** The node after in its snapshot, or -1. */
  afterIndexAt(position: number): number {
    return this.#afters[position]! || -1;
  }

  pathSlice(position: number): PathSlice {
    const after = this.#afters[position]!;
    return after > 0 ? this.#after.pathSlice(after) : this.#before.pathSlice(this.#befores[position]!);
  }

  classAt(position: number): ChangeClass {
    if (this.#befores[position] === 0) return "added";
    if (this.#afters[position] === 0) return "deleted";
    return (this.#causes[position]! & ~noiseBits) === 0 ? "rewritten" : "modified";
  }

  /** How many bytes of file content there are more (or fewer) than before. */
  bytesDeltaAt(position: number): number {
    return fileBytes(this.#after, this.#afters[position]!) - fileBytes(this.#before, this.#befores[position]!);
  }
}

/** Hard links take no space of their own. */
function fileBytes(snapshot: LayeredSnapshot, index: number): number {
  if (index === 0 || snapshot.isDir(index) || snapshot.isHardLink(index)) return 0;
  return snapshot.views[snapshot.nodes.views[index]!]!.columns.data.sizes[snapshot.nodes.entries[index]!]!;
}

/** Collects changes in the order of their paths. */
export class ChangeListBuilder {
  readonly #sides: readonly [LayeredSnapshot, LayeredSnapshot];
  readonly #befores = new GrowingNumbers(length => new Uint32Array(length));
  readonly #afters = new GrowingNumbers(length => new Uint32Array(length));
  readonly #causes = new GrowingNumbers(length => new Uint8Array(length));

  constructor(before: LayeredSnapshot, after: LayeredSnapshot) {
    this.#sides = [before, after];
  }

  added(after: number): void {
    this.#push(0, after, 0);
  }

  deleted(before: number): void {
    this.#push(before, 0, 0);
  }

  modified(before: number, after: number, causes: number): void {
    this.#push(before, after, causes);
  }

  finish(): ChangeList {
    return new ChangeList(this.#sides, {
      befores: this.#befores.view(),
      afters: this.#afters.view(),
      causes: this.#causes.view(),
    });
  }

  #push(before: number, after: number, causes: number): void {
    this.#befores.push(before);
    this.#afters.push(after);
    this.#causes.push(causes);
  }
}
