/**
 * Fuzzy search: the letters of a pattern in their order, anywhere in a path, scored by how they lie: at the start of
 * names, next to each other, in the last name. Our own, over bytes: what there is to install takes gigabytes for a million
 * paths, or hangs on hostile names. Pure.
 */

import { LabError } from "../error.ts";
import { bytesOfPath } from "../model/path-text.ts";

const slash = 0x2f;
const longestPattern = 200;

const points = { letter: 16, next: 12, startOfName: 10, startOfWord: 8, lastName: 4, gap: 1 } as const;
/** Far apart is far apart: a long gap costs no more than this. */
const mostForGap = 12;
/** Of two equally good ones the shorter path is the better. */
const bytesPerPoint = 16;

/** No score is larger: scores are counted. */
export const mostPoints = 4095;

export class FuzzyPattern {
  readonly #letters: Uint8Array;
  /** What each byte counts as. */
  readonly #folded = new Uint8Array(256);

  /** Spaces in the pattern mean nothing. @throws LabError `usage` for a pattern without letters, or one that is too long. */
  constructor(text: string, ignoreCase: boolean) {
    for (let byte = 0; byte < 256; byte += 1) this.#folded[byte] = ignoreCase && isUpper(byte) ? byte + 0x20 : byte;
    this.#letters = bytesOfPath(text)
      .filter(byte => byte !== 0x20)
      .map(byte => this.#folded[byte] as number);
    const hint = "see kaniko-lab search --help";
    if (this.#letters.length === 0) throw new LabError("usage", "an empty pattern matches nothing", { hint });
    if (this.#letters.length > longestPattern)
      throw new LabError("usage", `the pattern is longer than ${longestPattern} letters`, { hint });
    if (this.#letters.includes(0)) throw new LabError("usage", "a pattern cannot hold NUL", { hint });
  }

  /** How well the path in `bytes` from `from` to `to` fits, from 0 to `mostPoints`; -1 where it does not. */
  score(bytes: Uint8Array, from: number, to: number): number {
    const start = this.#startIn(bytes, from, to);
    return start < 0 ? -1 : this.#scoreFrom(bytes, from, start, to, null);
  }

  /** Where the letters of the pattern are in a path; null where it does not fit. */
  positions(path: Uint8Array): readonly number[] | null {
    const start = this.#startIn(path, 0, path.length);
    if (start < 0) return null;
    const found: number[] = [];
    this.#scoreFrom(path, 0, start, path.length, found);
    return found;
  }

  /** Where the last occurrence of all letters begins: names at the end of a path say most. -1: there is none. */
  #startIn(bytes: Uint8Array, from: number, to: number): number {
    const letters = this.#letters;
    const folded = this.#folded;
    let wanted = letters.length - 1;
    let letter = letters[wanted]!;
    for (let at = to - 1; at >= from; at -= 1) {
      if (folded[bytes[at]!] !== letter) continue;
      if (wanted === 0) return at;
      wanted -= 1;
      letter = letters[wanted]!;
    }
    return -1;
  }

  /** All letters follow from `start` on. */
  #scoreFrom(bytes: Uint8Array, from: number, start: number, to: number, found: number[] | null): number {
    const letters = this.#letters;
    const folded = this.#folded;
    let lastName = to;
    while (lastName > from && bytes[lastName - 1] !== slash) lastName -= 1;
    let score = 0;
    let before = -1;
    for (let at = start, wanted = 0; wanted < letters.length; at += 1) {
      if (folded[bytes[at]!] !== letters[wanted]) continue;
      score += points.letter;
      if (at >= lastName) score += points.lastName;
      if (before === at - 1) score += points.next;
      else if (before >= 0) score -= Math.min(mostForGap, (at - before - 1) * points.gap);
      const previous = at === from ? slash : bytes[at - 1]!;
      if (previous === slash) score += points.startOfName;
      else if (isBetweenWords(previous) || (isUpper(bytes[at]!) && !isUpper(previous))) score += points.startOfWord;
      found?.push(at);
      before = at;
      wanted += 1;
    }
    return Math.max(0, Math.min(mostPoints, score - Math.floor((to - from) / bytesPerPoint)));
  }
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** `-`, `.`, `_`, space */
function isBetweenWords(byte: number): boolean {
  return byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x20;
}
