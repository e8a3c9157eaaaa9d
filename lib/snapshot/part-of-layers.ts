import { kindBits, type LayerColumns, typeCode } from "../layer/layer-columns.ts";
import { comparePaths, isBelow } from "../layer/path-order.ts";
import type { StoredColumns } from "../layer/stored-columns.ts";
import { bytesOfPath } from "../model/path-text.ts";
import { applyPart, emptySnapshot } from "./apply-layers.ts";
import { firstFrom } from "./first-from.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";

/**
 * What layers make of one path: itself, the folders that it is in, and everything below it, from those rows of their
 * indexes alone. They are folded by the same code as whole layers. Whatever could come here from elsewhere (by way of a
 * symbolic link, or a hard link that is not simply to an earlier file of its layer) makes it give up.
 */

/** More rows than this are better read all together. */
const mostRows = 20_000;

/**
 * Null when whole layers have to be put together to be sure. In what comes out, only the path, what is below it and, when it
 * is there, its parents' own attributes are as they really are.
 * @throws UnreadableIndex
 */
export function partOfLayers(layers: readonly StoredColumns[], path: string): LayeredSnapshot | null {
  const bytes = bytesOfPath(path);
  const links = new LinksSoFar();
  const parts: PartOfLayer[] = [];
  for (const layer of layers) {
    if (!links.add(layer)) return null;
    const part = new PartOfLayer(layer);
    if (!part.addPath(bytes) || !part.addTargets()) return null;
    parts.push(part);
  }
  let snapshot = layered(emptySnapshot);
  for (const part of parts) {
    const next = applyPart(snapshot, part.columns(), part.positions);
    if (next === null) return null;
    snapshot = next;
  }
  return snapshot;
}

/** Rows of one layer, by their places in the order of paths. */
class PartOfLayer {
  readonly #layer: StoredColumns;
  readonly #ranks = new Set<number>();
  #positions: Uint32Array | null = null;

  constructor(layer: StoredColumns) {
    this.#layer = layer;
  }

  /** All entries of a path, of its parents, and of what is below it. @returns false when they are too many. */
  addPath(path: Uint8Array): boolean {
    let rank = this.#addEntriesOf(path.subarray(0, 0), 0);
    for (let at = path.indexOf(slash); at >= 0; at = path.indexOf(slash, at + 1)) {
      rank = this.#addEntriesOf(path.subarray(0, at), rank);
    }
    rank = this.#addEntriesOf(path, rank);
    const end = firstFrom(rank, this.#layer.entryCount, at => !isBelowPath(this.#layer, at, path));
    if (end - rank > mostRows) return false;
    for (; rank < end; rank += 1) this.#ranks.add(rank);
    return this.#ranks.size <= mostRows;
  }

  /** What the hard links among them name. @returns false when one is not simply to an earlier entry of the layer. */
  addTargets(): boolean {
    // A set goes on to what is added on the way.
    for (const rank of this.#ranks) {
      const position = this.#layer.inOrder(rank);
      if ((this.#layer.kind(position) & (kindBits.type | kindBits.name)) !== typeCode.hardlink) continue;
      if (!this.#addTarget(this.#layer.linkBytes(position) ?? new Uint8Array(0), position)) return false;
    }
    return this.#ranks.size <= mostRows;
  }

  columns(): LayerColumns {
    const inOrder = Uint32Array.from(this.#ranks)
      .sort()
      .map(rank => this.#layer.inOrder(rank));
    const numbers = new Map(Array.from(this.positions, (position, number) => [position, number]));
    return this.#layer.take(
      this.positions,
      inOrder.map(position => numbers.get(position)!),
    );
  }

  /** Ascending. */
  get positions(): Uint32Array {
    this.#positions ??= Uint32Array.from(this.#ranks, rank => this.#layer.inOrder(rank)).sort();
    return this.#positions;
  }

  /** @returns the place after them */
  #addEntriesOf(path: Uint8Array, from: number): number {
    let rank = firstFrom(from, this.#layer.entryCount, at => compareWith(this.#layer, at, path) >= 0);
    for (; rank < this.#layer.entryCount && compareWith(this.#layer, rank, path) === 0; rank += 1)
      this.#ranks.add(rank);
    return rank;
  }

  #addTarget(target: Uint8Array, position: number): boolean {
    const end = this.#addEntriesOf(target, 0);
    for (let rank = end - 1; rank >= 0 && compareWith(this.#layer, rank, target) === 0; rank -= 1) {
      const entry = this.#layer.inOrder(rank);
      const kind = this.#layer.kind(entry);
      const isTarget = (kind & kindBits.name) === 0 && (kind & kindBits.type) !== typeCode.dir;
      if (entry < position && isTarget) return true;
    }
    return false;
  }
}

/** More of them are not worth looking at one by one. */
const mostLinks = 20_000;

/** The paths of all links, symbolic and hard, that layers have had up to one: a hard link may be one to a symbolic link. */
class LinksSoFar {
  #paths: Uint8Array[] = [];

  /** @returns false when an entry of the layer may be led elsewhere by one of them, its own among them. */
  add(layer: StoredColumns): boolean {
    const positions = layer.linkPositions(mostLinks - this.#paths.length);
    if (positions === null) return false;
    if (positions.length > 0) {
      const added = positions.map(position => layer.pathBytes(position));
      this.#paths = [...this.#paths, ...added].sort(compareBytes);
      const isBelowOther = (path: Uint8Array, at: number) => at > 0 && isBelowBytes(path, this.#paths[at - 1]!);
      if (this.#paths.some(isBelowOther)) return false;
    }
    return !this.#leadElsewhere(layer);
  }

  /** Walks links and entries side by side, both in the order of paths, in steps that double. No link is below another one. */
  #leadElsewhere(layer: StoredColumns): boolean {
    const paths = this.#paths;
    for (let at = 0, rank = 0; at < paths.length; ) {
      const link = paths[at]!;
      rank = firstFrom(rank, layer.entryCount, other => compareWith(layer, other, link) >= 0);
      for (; rank < layer.entryCount && compareWith(layer, rank, link) === 0; rank += 1) {
        if (isFolderOfOthers(layer.kind(layer.inOrder(rank)))) return true;
      }
      if (rank === layer.entryCount) return false;
      const path = layer.pathBytes(layer.inOrder(rank));
      if (isBelowBytes(path, link)) return true;
      const next = firstFrom(at + 1, paths.length, other => compareBytes(paths[other]!, path) >= 0);
      if (isBelowBytes(path, paths[next - 1]!)) return true;
      at = next;
    }
    return false;
  }
}

/** A folder, or a whiteout of what is in one. */
function isFolderOfOthers(kind: number): boolean {
  const name = kind & kindBits.name;
  return name === kindBits.opaque || (name === 0 && (kind & kindBits.type) === typeCode.dir);
}

const slash = 0x2f;

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  return comparePaths(one, 0, one.length, other, 0, other.length);
}

function isBelowBytes(path: Uint8Array, folder: Uint8Array): boolean {
  return isBelow(path, 0, path.length, folder, 0, folder.length);
}

function compareWith(layer: StoredColumns, rank: number, path: Uint8Array): number {
  return compareBytes(layer.pathBytes(layer.inOrder(rank)), path);
}

function isBelowPath(layer: StoredColumns, rank: number, path: Uint8Array): boolean {
  return isBelowBytes(layer.pathBytes(layer.inOrder(rank)), path);
}
