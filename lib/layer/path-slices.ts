import { isAscii } from "node:buffer";
import type { LayerColumns } from "./layer-columns.ts";

/** So many paths are looked at together. */
const pathsPerSlice = 1024;

/** The paths of a layer's entries from `from` to before `to`, in slices in the order of the tar. */
export function* slicesOf(columns: LayerColumns, from = 0, to = columns.entryCount): Generator<PathSlice, void, void> {
  const end = Math.min(to, columns.entryCount);
  for (let at = from; at < end; at += pathsPerSlice) {
    yield new PathSlice(columns, at, Math.min(end, at + pathsPerSlice));
  }
}

/** Paths that follow each other in the pool of their layer: they are searched, and decoded, together. */
export class PathSlice {
  readonly #columns: LayerColumns;
  readonly #bytes: Buffer;
  /** Where the slice starts in the pool. */
  readonly #start: number;
  readonly #from: number;
  readonly #to: number;
  #isAscii: boolean | null = null;

  constructor(columns: LayerColumns, from: number, to: number) {
    const { pathPool, pathStarts } = columns.data;
    const start = pathStarts[from]!;
    this.#columns = columns;
    this.#start = start;
    this.#bytes = Buffer.from(pathPool.buffer, pathPool.byteOffset + start, pathStarts[to]! - start);
    this.#from = from;
    this.#to = to;
  }

  get count(): number {
    return this.#to - this.#from;
  }

  /** Positions of the paths that have these bytes; no path has a NUL. */
  *having(needle: Buffer): Generator<number, void, void> {
    const starts = this.#columns.data.pathStarts;
    let position = this.#from;
    for (let at = this.#bytes.indexOf(needle); at >= 0; ) {
      position = entryAt(starts, this.#start + at, position, this.#to);
      yield position;
      at = this.#bytes.indexOf(needle, starts[position + 1]! - this.#start);
    }
  }

  *matching(matcher: { matches(path: string): boolean }): Generator<number, void, void> {
    if (!this.#allAscii()) {
      for (let at = this.#from; at < this.#to; at += 1) if (matcher.matches(this.#columns.path(at))) yield at;
      return;
    }
    const paths = this.#bytes.toString("latin1").split("\0");
    for (let at = this.#from; at < this.#to; at += 1) if (matcher.matches(paths[at - this.#from]!)) yield at;
  }

  path(position: number): string {
    if (!this.#allAscii()) return this.#columns.path(position);
    const starts = this.#columns.data.pathStarts;
    return this.#bytes.toString("latin1", starts[position]! - this.#start, starts[position + 1]! - 1 - this.#start);
  }

  /** Then bytes are letters, and nothing has to be decoded. */
  #allAscii(): boolean {
    this.#isAscii ??= isAscii(this.#bytes);
    return this.#isAscii;
  }
}

/** The entry whose path holds byte `at` of the pool. */
function entryAt(starts: Uint32Array, at: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}
