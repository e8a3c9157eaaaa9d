import { readNumber } from "./header-fields.ts";

/**
 * Numbers that most headers have in common with the header before: mode and owner, and the device that only devices have.
 * Comparing their bytes, four at a time, is much cheaper than reading digits.
 */
export class RepeatedFields {
  mode = 0;
  uid = 0;
  gid = 0;
  major = 0;
  minor = 0;
  readonly #ownerWords = new Uint32Array(6);
  readonly #deviceWords = new Uint32Array(5);
  #ownerIsKnown = false;
  #deviceIsKnown = false;

  /** @param words of the whole block, or null where they are not aligned. @throws LabError `damaged`. */
  readOwner(block: Uint8Array, at: number, words: Uint32Array | null, offset: number): void {
    if (isRepeated(words, (at + 100) >>> 2, this.#ownerWords) && this.#ownerIsKnown) return;
    this.mode = readMode(block, at, offset);
    this.uid = readNumber(block, at + 108, 8, offset);
    this.gid = readNumber(block, at + 116, 8, offset);
    this.#ownerIsKnown = words !== null;
  }

  /** The words begin one byte before the fields and end three behind. @throws LabError `damaged`. */
  readDevice(block: Uint8Array, at: number, words: Uint32Array | null, offset: number): void {
    if (isRepeated(words, (at + 328) >>> 2, this.#deviceWords) && this.#deviceIsKnown) return;
    this.major = readNumber(block, at + 329, 8, offset);
    this.minor = readNumber(block, at + 337, 8, offset);
    this.#deviceIsKnown = words !== null;
  }
}

/** Whether these are the words of the time before, which are replaced. */
function isRepeated(words: Uint32Array | null, from: number, before: Uint32Array): boolean {
  if (words === null) return false;
  let same = true;
  for (let i = 0; i < before.length; i += 1) {
    const word = words[from + i]!;
    if (word !== before[i]) same = false;
    before[i] = word;
  }
  return same;
}

/** The permission bits; taken from the last bytes where a number is too large to be exact. */
function readMode(block: Uint8Array, at: number, offset: number): number {
  const mode = readNumber(block, at + 100, 8, offset);
  const isBinary = (block[at + 100]! & 0x80) !== 0;
  return (isBinary ? (block[at + 106]! << 8) | block[at + 107]! : mode) & 0o7777;
}
