/** The body of a header that only describes the next one (PAX, GNU long names), or of a leading sparse map, put together from chunks. */
export class SpecialBody {
  #bytes = new Uint8Array(4096);
  #length = 0;
  #wanted = 0;

  /** Starts a body of this size; `length` grows from 0. */
  start(sizeBytes: number): void {
    this.#length = 0;
    this.#wanted = sizeBytes;
  }

  get length(): number {
    return this.#length;
  }

  get missing(): number {
    return this.#wanted - this.#length;
  }

  append(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#length + to - from;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), this.#length);
    this.#length = needed;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString("latin1");
  }
}
