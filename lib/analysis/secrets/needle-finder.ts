/** Looks for many short texts at once. */
export class NeedleFinder {
  readonly #needles: readonly Buffer[];
  /** Length of the shortest needle: only the first so many bytes of each are looked for. */
  readonly #length: number;
  /** For each pair of bytes how far it is at least to the end of the next needle's start (Wu and Manber 1994). */
  readonly #shifts = new Uint8Array(0x10000);
  /** The needles whose start ends with a pair of bytes. */
  readonly #candidates = new Map<number, number[]>();

  /** @param needles Three bytes or more each. */
  constructor(needles: readonly string[]) {
    this.#needles = needles.map(needle => Buffer.from(needle, "latin1"));
    this.#length = Math.min(...this.#needles.map(needle => needle.length));
    this.#shifts.fill(this.#length - 1);
    for (const [number, needle] of this.#needles.entries()) this.#add(number, needle);
  }

  #add(number: number, needle: Buffer): void {
    for (let end = 1; end < this.#length; end += 1) {
      const pair = (needle[end - 1]! << 8) | needle[end]!;
      this.#shifts[pair] = Math.min(this.#shifts[pair]!, this.#length - 1 - end);
    }
    const last = (needle[this.#length - 2]! << 8) | needle[this.#length - 1]!;
    this.#candidates.set(last, [...(this.#candidates.get(last) ?? []), number]);
  }

  /** Calls back for every needle that starts in [from, to), in the order of their starts; a needle may end after `to`. */
  find(bytes: Uint8Array, from: number, to: number, found: (needle: number, at: number) => void): void {
    const shifts = this.#shifts;
    const startToEnd = this.#length - 1;
    const end = Math.min(bytes.length, to + startToEnd);
    for (let i = from + startToEnd; i < end; ) {
      const pair = (bytes[i - 1]! << 8) | bytes[i]!;
      const shift = shifts[pair]!;
      if (shift > 0) {
        i += shift;
        continue;
      }
      for (const number of this.#candidates.get(pair) ?? []) {
        if (this.#isAt(number, bytes, i - startToEnd)) found(number, i - startToEnd);
      }
      i += 1;
    }
  }

  #isAt(number: number, bytes: Uint8Array, at: number): boolean {
    const needle = this.#needles[number]!;
    if (at + needle.length > bytes.length) return false;
    for (let i = 0; i < needle.length; i += 1) if (bytes[at + i] !== needle[i]) return false;
    return true;
  }
}
