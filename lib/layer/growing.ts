/** Arrays of numbers and bytes that grow by doubling; used while the length of a column is not known. */

type NumberArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export class GrowingNumbers<T extends NumberArray> {
  #array: T;
  length = 0;

  /** @param capacity room for so many is made at once */
  constructor(empty: (length: number) => T, capacity = 1024) {
    this.#empty = empty;
    this.#array = empty(Math.max(1, capacity));
  }

  readonly #empty: (length: number) => T;

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = this.#empty(this.length * 2);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length] = value;
    this.length += 1;
  }

  set(at: number, value: number): void {
    this.#array[at] = value;
  }

  at(at: number): number {
    return this.#array[at]!;
  }

  /** The numbers so far; a view that later pushes may leave behind. */
  view(): T {
    return this.#array.subarray(0, this.length) as T;
  }
}

export class GrowingBytes {
  #bytes = new Uint8Array(64 * 1024);
  length = 0;

  /** Makes room for `count` more bytes and returns the buffer; write at `length`, then add to it. */
  reserve(count: number): Uint8Array {
    const needed = this.length + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.view());
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  append(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const target = this.reserve(to - from);
    let at = this.length;
    for (let i = from; i < to; i += 1) target[at++] = bytes[i]!;
    this.length = at;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
