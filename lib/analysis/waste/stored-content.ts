/** Contents that layers store, by one number each. Pure. */

import type { LayerColumns } from "../../layer/layer-columns.ts";

/** The entry of a layer that has a content: layer × 2³² + entry. */
export type Content = number;

const entriesOfLayer = 2 ** 32;

export function contentAt(layer: number, entry: number): Content {
  return layer * entriesOfLayer + entry;
}

export function layerOf(content: Content): number {
  return Math.floor(content / entriesOfLayer);
}

export function entryOf(content: Content): number {
  return content % entriesOfLayer;
}

/** Of more different contents than this in one image no further copies are looked for: a bound on memory. */
const maximumContents = 4 * 2 ** 20;

/** The first and the last of equal contents, in a hash table of plain numbers: there may be millions. */
export class EqualContents {
  /** The digests of each layer's contents, eight words each. */
  readonly #digests: readonly Uint32Array[];
  /** Twice as many rows as contents at least; 0 is an empty row, others hold the content plus 1. */
  readonly #firsts: Float64Array;
  readonly #lasts: Float64Array;
  #count = 0;

  constructor(layers: readonly LayerColumns[]) {
    const entries = layers.reduce((sum, { entryCount }) => sum + entryCount, 1);
    const rows = 2 ** Math.ceil(Math.log2(2 * Math.min(maximumContents, entries)));
    this.#firsts = new Float64Array(rows);
    this.#lasts = new Float64Array(rows);
    this.#digests = layers.map(({ data }) => wordsOf(data.digests));
  }

  /** @returns the first content that is equal to this one: itself when there was none, or when it has no digest. */
  add(content: Content): Content {
    if (!this.#hasDigest(content)) return content;
    const row = this.#rowOf(content);
    const first = this.#firsts[row]!;
    if (first > 0) {
      this.#lasts[row] = content + 1;
      return first - 1;
    }
    if (this.#count >= maximumContents) return content;
    this.#firsts[row] = content + 1;
    this.#lasts[row] = content + 1;
    this.#count += 1;
    return content;
  }

  /** The last content that was added and is equal to this one, or null. */
  lastLike(content: Content): Content | null {
    const last = this.#hasDigest(content) ? this.#lasts[this.#rowOf(content)]! : 0;
    return last === 0 ? null : last - 1;
  }

  #hasDigest(content: Content): boolean {
    const words = this.#digests[layerOf(content)]!;
    const from = entryOf(content) * wordsOfDigest;
    for (let at = from; at < from + wordsOfDigest; at += 1) if (words[at] !== 0) return true;
    return false;
  }

  #startOf(content: Content): number {
    return this.#digests[layerOf(content)]![entryOf(content) * wordsOfDigest]!;
  }

  #isEqual(one: Content, other: Content): boolean {
    const [a, b] = [this.#digests[layerOf(one)]!, this.#digests[layerOf(other)]!];
    const [i, j] = [entryOf(one) * wordsOfDigest, entryOf(other) * wordsOfDigest];
    for (let at = 0; at < wordsOfDigest; at += 1) if (a[i + at] !== b[j + at]) return false;
    return true;
  }

  /** The row of equal contents, or the empty one where they belong. */
  #rowOf(content: Content): number {
    const mask = this.#firsts.length - 1;
    for (let row = this.#startOf(content) & mask; ; row = (row + 1) & mask) {
      const first = this.#firsts[row]!;
      if (first === 0 || this.#isEqual(first - 1, content)) return row;
    }
  }
}

const wordsOfDigest = 8;

function wordsOf(digests: Uint8Array): Uint32Array {
  const isAligned = digests.byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, length } = isAligned ? digests : digests.slice();
  return new Uint32Array(buffer, byteOffset, length / Uint32Array.BYTES_PER_ELEMENT);
}
