import { damagedTar, type LayerLimits, tooLarge } from "./limits.ts";
import { leadingLineCount, parseLeadingPieces, readOldPieces } from "./sparse-map.ts";
import { SpecialBody } from "./special-body.ts";

/**
 * Puts the map of a sparse file together that goes on over blocks: GNU's old one behind its header, that of format 1.0
 * before the content. Each step gives the whole map's numbers, or null while there are more blocks of it.
 */
export class SparseMapReader {
  readonly #limits: LayerLimits;
  #numbers: number[] = [];
  readonly #text = new SpecialBody();
  /** Lines of a leading map: seen, and how many there must be. */
  #lines = 0;
  #linesNeeded = 1;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  /** @throws LabError `damaged`, `too-large` */
  startOld(header: Uint8Array, at: number, offset: number): readonly number[] | null {
    this.#numbers = [];
    this.#readPairs(header, at + 386, 4, offset);
    return header[at + 482] === 0 ? this.#numbers : null;
  }

  /** @throws LabError `damaged`, `too-large` */
  continueOld(block: Uint8Array, at: number, offset: number): readonly number[] | null {
    this.#readPairs(block, at, 21, offset);
    return block[at + 504] === 0 ? this.#numbers : null;
  }

  startLeading(): void {
    this.#text.start(0);
    this.#lines = 0;
    this.#linesNeeded = 1;
  }

  /** @throws LabError `damaged`, `too-large` */
  continueLeading(block: Uint8Array, from: number, to: number, offset: number): readonly number[] | null {
    this.#text.append(block, from, to);
    this.#checkSize(this.#text.length, offset);
    for (let i = from; i < to; i += 1) if (block[i] === 0x0a) this.#lines += 1;
    if (this.#lines < this.#linesNeeded) return null;
    const text = this.#text.text();
    this.#linesNeeded = leadingLineCount(text);
    if (Number.isNaN(this.#linesNeeded)) throw malformedMap(offset);
    if (this.#lines < this.#linesNeeded) return null;
    const numbers = parseLeadingPieces(text);
    if (numbers === null) throw malformedMap(offset);
    return numbers;
  }

  #readPairs(block: Uint8Array, at: number, count: number, offset: number): void {
    if (!readOldPieces(block, at, count, this.#numbers)) throw malformedMap(offset);
    this.#checkSize(this.#numbers.length * 12, offset);
  }

  #checkSize(sizeBytes: number, offset: number): void {
    const limit = this.#limits.specialBytes;
    if (sizeBytes > limit) throw tooLarge("a sparse map's size in bytes", limit, offset);
  }
}

export function malformedMap(offset: number) {
  return damagedTar("a malformed sparse map", offset);
}
