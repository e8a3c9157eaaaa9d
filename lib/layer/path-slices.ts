import { isAscii } from "node:buffer";
import { pathFromBytes } from "../model/path-text.ts";
import type { FuzzyPattern } from "./fuzzy-pattern.ts";
import type { LayerColumns } from "./layer-columns.ts";

/** So many paths are looked at together. */
const pathsPerSlice = 1024;

/** The paths of a layer's entries from `from` to before `to`, in slices in the order of the tar. */
export function* slicesOf(columns: LayerColumns, from = 0, to = columns.entryCount): Generator<PathSlice, void, void> {
  const end = Math.min(to, columns.entryCount);
  const { pathPool, pathStarts } = columns.data;
  for (let at = from; at < end; at += pathsPerSlice) {
    const starts = pathStarts.subarray(at, Math.min(end, at + pathsPerSlice) + 1);
    yield new PathSlice(pathPool.subarray(starts[0]!, starts.at(-1)!), starts, at);
  }
}

/** Paths that follow each other in the pool of their layer: they are searched, and decoded, together. */
export class PathSlice {
  /** The position of the first. */
  readonly from: number;
  readonly #bytes: Buffer;
  /** Where each begins in the pool of its layer; one more at the end. */
  readonly #starts: Uint32Array;
  #allAscii: boolean | null = null;

  /** @param bytes the paths, a NUL after each */
  constructor(bytes: Uint8Array, starts: Uint32Array, from: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#starts = starts;
    this.from = from;
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  /** Positions of the paths that have these bytes; no path has a NUL. */
  *having(needle: Buffer): Generator<number, void, void> {
    const starts = this.#starts;
    const first = starts[0]!;
    let index = 0;
    for (let at = this.#bytes.indexOf(needle); at >= 0; ) {
      index = indexOfByte(starts, first + at, index);
      yield this.from + index;
      at = this.#bytes.indexOf(needle, starts[index + 1]! - first);
    }
  }

  /** Of paths in ASCII: positions of those that have a text, given in lower case, in whatever case. */
  *havingFolded(text: string): Generator<number, void, void> {
    const starts = this.#starts;
    const first = starts[0]!;
    const paths = this.#bytes.toString("latin1").toLowerCase();
    let index = 0;
    for (let at = paths.indexOf(text); at >= 0; at = paths.indexOf(text, starts[index + 1]! - first)) {
      index = indexOfByte(starts, first + at, index);
      yield this.from + index;
    }
  }

  *matching(matcher: { matches(path: string): boolean }): Generator<number, void, void> {
    const { from, count } = this;
    if (!this.isAscii) {
      for (let at = from; at < from + count; at += 1) if (matcher.matches(this.path(at))) yield at;
      return;
    }
    const paths = this.#bytes.toString("latin1").split("\0");
    for (let at = from; at < from + count; at += 1) if (matcher.matches(paths[at - from]!)) yield at;
  }

  /** Every path that a pattern fits, with its points. */
  scored(pattern: FuzzyPattern, found: (score: number, position: number) => void): void {
    const starts = this.#starts;
    const first = starts[0]!;
    for (let index = 0; index < this.count; index += 1) {
      const score = pattern.score(this.#bytes, starts[index]! - first, starts[index + 1]! - 1 - first);
      if (score >= 0) found(score, this.from + index);
    }
  }

  path(position: number): string {
    const index = position - this.from;
    const start = this.#starts[index]! - this.#starts[0]!;
    const end = this.#starts[index + 1]! - 1 - this.#starts[0]!;
    return this.isAscii ? this.#bytes.toString("latin1", start, end) : pathFromBytes(this.#bytes.subarray(start, end));
  }

  /** Then bytes are letters, and nothing has to be decoded. */
  get isAscii(): boolean {
    this.#allAscii ??= isAscii(this.#bytes);
    return this.#allAscii;
  }
}

/** Which path holds byte `at` of the pool: `from` or a later one. */
function indexOfByte(starts: Uint32Array, at: number, from: number): number {
  let low = from;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}
