import { setImmediate as nextTurn } from "node:timers/promises";
import { throwIfCancelled } from "./layer/read-blob.ts";

/**
 * Long work that yields wherever it may pause, so that one and the same code serves a caller that wants the result at once
 * and a display whose keys must get their turn.
 */
export type Pausing<Result> = Generator<void, Result, void>;

/** Work on a million rows yields once for so many of them: often enough for keys, seldom enough to cost nothing. */
export const rowsPerPause = 1024;

/** Long enough to get on with the work, short enough that nobody sees a key wait. */
const sliceMs = 6;

/** Does the work without a pause. */
export function atOnce<Result>(work: Pausing<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/**
 * Does the work in slices of a few milliseconds; what else waits on this thread runs in between.
 * @throws LabError `cancelled` when the signal fires.
 */
export async function inSlices<Result>(work: Pausing<Result>, signal?: AbortSignal): Promise<Result> {
  const slices = new Slices(signal);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (slices.isOver) await slices.next();
  }
}

/** The same for work that is asynchronous already: asks now and then, and waits when a slice is over. */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #end = performance.now() + sliceMs;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** @throws LabError `cancelled` when the signal fires. */
  async next(): Promise<void> {
    await nextTurn();
    throwIfCancelled(this.#signal);
    this.#end = performance.now() + sliceMs;
  }
}
