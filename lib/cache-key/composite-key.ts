import { hashParts, rollParts } from "../executor/composite-key.ts";

/** A key as it grows instruction by instruction. Mirrors `CompositeCache` of pkg/executor/composite_cache.go. Pure. */
export class CompositeKey {
  readonly #isRolling: boolean;
  readonly #parts: string[];
  #state: string | undefined;

  static of(base: string, isRolling: boolean): CompositeKey {
    const key = new CompositeKey(isRolling, [], undefined);
    key.add([base]);
    return key;
  }

  /** Goes on from the final key of another stage. */
  static resume(finalKey: string, isRolling: boolean): CompositeKey {
    return isRolling ? new CompositeKey(true, [finalKey], finalKey) : CompositeKey.of(finalKey, false);
  }

  private constructor(isRolling: boolean, parts: string[], state: string | undefined) {
    this.#isRolling = isRolling;
    this.#parts = parts;
    this.#state = state;
  }

  add(parts: readonly string[]): void {
    this.#parts.push(...parts);
    if (this.#isRolling) this.#state = rollParts(parts, this.#state);
  }

  get hash(): string {
    return this.#state ?? hashParts(this.#parts);
  }
}
