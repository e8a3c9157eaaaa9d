import { createHash } from "node:crypto";
import { hashParts } from "../executor/composite-key.ts";

const emptyState = "0".repeat(64);

/** A key as it grows instruction by instruction. Mirrors `CompositeCache` of pkg/executor/composite_cache.go. Pure. */
export class CompositeKey {
  readonly #isRolling: boolean;
  readonly #parts: string[];
  #state: string;

  static of(base: string, isRolling: boolean): CompositeKey {
    const key = new CompositeKey(isRolling, [], emptyState);
    key.add([base]);
    return key;
  }

  /** Goes on from the final key of another stage. */
  static resume(finalKey: string, isRolling: boolean): CompositeKey {
    return isRolling ? new CompositeKey(true, [finalKey], finalKey) : CompositeKey.of(finalKey, false);
  }

  private constructor(isRolling: boolean, parts: string[], state: string) {
    this.#isRolling = isRolling;
    this.#parts = parts;
    this.#state = state;
  }

  add(parts: readonly string[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      if (this.#isRolling) this.#state = createHash("sha256").update(this.#state).update(part).digest("hex");
    }
  }

  get hash(): string {
    return this.#isRolling ? this.#state : hashParts(this.#parts);
  }
}
