/**
 * The order of paths in trees: byte by byte, with `/` below all other bytes. So a folder stands directly before all that
 * is in it, and children are in the byte order of their names ("a", "a/b", "a-b").
 */

const slash = 0x2f;

/** Negative, 0 or positive, for two slices of byte pools. */
export function comparePaths(
  one: Uint8Array,
  oneFrom: number,
  oneTo: number,
  other: Uint8Array,
  otherFrom: number,
  otherTo: number,
): number {
  const common = Math.min(oneTo - oneFrom, otherTo - otherFrom);
  for (let i = 0; i < common; i += 1) {
    const a = one[oneFrom + i]!;
    const b = other[otherFrom + i]!;
    if (a !== b) return a === slash ? -1 : b === slash ? 1 : a - b;
  }
  return oneTo - oneFrom - (otherTo - otherFrom);
}

/** For paths that mostly have the same start: compared from the end on. */
export function isSamePath(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = one.length - 1; at >= 0; at -= 1) if (one[at] !== other[at]) return false;
  return true;
}

/** Whether the path is strictly below the folder; everything but the root itself is below the root (""). */
export function isBelow(
  path: Uint8Array,
  pathFrom: number,
  pathTo: number,
  folder: Uint8Array,
  folderFrom: number,
  folderTo: number,
): boolean {
  const length = folderTo - folderFrom;
  if (pathTo - pathFrom <= length) return false;
  if (length > 0 && path[pathFrom + length] !== slash) return false;
  for (let i = length - 1; i >= 0; i -= 1) if (path[pathFrom + i] !== folder[folderFrom + i]) return false;
  return true;
}

/**
 * Positions of the entries in the order of their paths, entries of one path in the order of the tar.
 * `starts` has one more number than there are paths; path i is `pool[starts[i] … starts[i + 1] - 1)`, a NUL follows it.
 */
export function orderOfPaths(pool: Uint8Array, starts: Uint32Array): Uint32Array {
  const count = starts.length - 1;
  const compare = (a: number, b: number) =>
    comparePaths(pool, starts[a]!, starts[a + 1]! - 1, pool, starts[b]!, starts[b + 1]! - 1) || a - b;
  const positions = Array.from({ length: count }, (_, position) => position);
  // The array's sort uses runs that are in order already; a typed array's does not.
  return Uint32Array.from(positions.sort(compare));
}

/** Positions from 0 on. */
export function orderOfTar(count: number): Uint32Array {
  const positions = new Uint32Array(count);
  for (let position = 0; position < count; position += 1) positions[position] = position;
  return positions;
}
