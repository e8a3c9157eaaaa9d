import { cancelled, throwIfCancelled } from "../layer/read-blob.ts";

export interface Waiting<Progress extends readonly unknown[]> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((...progress: Progress) => void) | undefined;
}

interface Work<Progress extends readonly unknown[], Result> {
  readonly result: Promise<Result>;
  readonly stop: AbortController;
  readonly waiters: Set<Waiting<Progress>>;
}

/** Work that several may wait for at once is done once. Who goes takes nothing from the others; when the last has gone, it stops. */
export class SharedWork<Key, Progress extends readonly unknown[], Result> {
  readonly #running = new Map<Key, Work<Progress, Result>>();

  /**
   * Waits for the work called `key`, which begins with `start` when nobody does it yet. Nothing is remembered after its end.
   * @throws LabError `cancelled` when the waiter's own signal fires; else what the work throws.
   */
  async wait(
    key: Key,
    waiting: Waiting<Progress>,
    start: (signal: AbortSignal, report: (...progress: Progress) => void) => Promise<Result>,
  ): Promise<Result> {
    throwIfCancelled(waiting.signal);
    const work = this.#running.get(key) ?? this.#start(key, start);
    // An object of its own: the same options may wait twice.
    const waiter = { ...waiting };
    work.waiters.add(waiter);
    try {
      return await unlessAborted(work.result, waiting.signal);
    } finally {
      work.waiters.delete(waiter);
      if (work.waiters.size === 0 && this.#running.get(key) === work) {
        // Who comes now begins anew: this one is ending.
        this.#running.delete(key);
        work.stop.abort();
      }
    }
  }

  #start(
    key: Key,
    start: (signal: AbortSignal, report: (...progress: Progress) => void) => Promise<Result>,
  ): Work<Progress, Result> {
    const stop = new AbortController();
    const waiters = new Set<Waiting<Progress>>();
    const result = start(stop.signal, (...progress) => {
      for (const waiter of waiters) waiter.onProgress?.(...progress);
    });
    const work = { result, stop, waiters };
    this.#running.set(key, work);
    const forget = () => {
      if (this.#running.get(key) === work) this.#running.delete(key);
    };
    result.then(forget, forget);
    return work;
  }
}

function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
