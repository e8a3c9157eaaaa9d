export interface KeepingLimits<Value> {
  readonly count: number;
  readonly bytes: number;
  readonly bytesOf: (value: Value) => number;
}

/** Keeps what was used last, up to a number and a sum of bytes; the newest is kept however large. */
export class RecentlyUsed<Key, Value> {
  readonly #limits: KeepingLimits<Value>;
  /** From the one used longest ago to the newest. */
  readonly #values = new Map<Key, Value>();
  #bytes = 0;

  constructor(limits: KeepingLimits<Value>) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#remove(key);
    this.#values.set(key, value);
    this.#bytes += this.#limits.bytesOf(value);
    for (const oldest of this.#values.keys()) {
      const fits = this.#values.size <= this.#limits.count && this.#bytes <= this.#limits.bytes;
      if (fits || oldest === key) return;
      this.#remove(oldest);
    }
  }

  #remove(key: Key): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#bytes -= this.#limits.bytesOf(value);
  }
}
