import { type Changes, mergedChanges, type PathChange } from "./change.ts";

/** So long nothing must happen. */
const quietMs = 100;
/** What goes on and on is looked at in between. */
const longestMs = 1500;

/** Collects the changes of one save, one checkout, one unpacked archive: each is looked at once. */
export class Burst {
  readonly #onEnd: (changes: Changes) => void;
  #changes: Changes = new Map();
  #timer: NodeJS.Timeout | undefined;
  #sinceMs: number | null = null;

  constructor(onEnd: (changes: Changes) => void) {
    this.#onEnd = onEnd;
  }

  add(change: PathChange): void {
    const nowMs = performance.now();
    this.#sinceMs ??= nowMs;
    this.#changes = mergedChanges(this.#changes, [change]);
    clearTimeout(this.#timer);
    const left = Math.min(quietMs, this.#sinceMs + longestMs - nowMs);
    this.#timer = setTimeout(() => this.#end(), Math.max(0, left));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #end(): void {
    const changes = this.#changes;
    this.#changes = new Map();
    this.#sinceMs = null;
    if (changes.size > 0) this.#onEnd(changes);
  }
}
