/** Reads what `ByteWriter` wrote. Runs in the page. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }

  numbers(): Float64Array {
    const values = new Float64Array(this.number());
    for (let at = 0; at < values.length; at += 1) values[at] = this.number();
    return values;
  }

  differences(): Float64Array {
    const values = this.numbers();
    let before = 0;
    for (let at = 0; at < values.length; at += 1) {
      const code = values[at] as number;
      before += code % 2 === 0 ? code / 2 : -(code + 1) / 2;
      values[at] = before;
    }
    return values;
  }

  bytes(count: number): Uint8Array {
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
