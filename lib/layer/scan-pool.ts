import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, LabError } from "../error.ts";
import type { DiffId, Digest } from "../model/digest.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { EncodedIndex } from "./index-format.ts";
import { cancelled } from "./read-blob.ts";

export interface ScanRequest {
  readonly blob: BlobLocation;
  readonly expectedDigest: Digest | undefined;
  readonly expectedDiffId: DiffId | undefined;
}

/** What a thread is told. */
export interface ScanTask extends ScanRequest {
  /** Whether a second thread for this layer would have a core of its own. */
  readonly coreIsFree: boolean;
}

export type ScanReply =
  | { readonly type: "progress"; readonly doneBytes: number }
  | { readonly type: "done"; readonly index: EncodedIndex }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
  | { readonly type: "bug"; readonly error: unknown };

interface Job {
  readonly request: ScanRequest;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((doneBytes: number) => void) | undefined;
  readonly resolve: (index: EncodedIndex) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Scans layers in worker threads, one layer each, as many at a time as there are cores, the largest first: whatever comes
 * last should not take long alone. Threads live while there is
 * something to do: a thread that scanned a million entries would keep their memory.
 */
class ScanPool {
  readonly #size = availableParallelism();
  readonly #queue: Job[] = [];
  #running = 0;

  scan(
    request: ScanRequest,
    signal: AbortSignal | undefined,
    onProgress: ((doneBytes: number) => void) | undefined,
  ): Promise<EncodedIndex> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, signal, onProgress, resolve, reject });
      // Only when all layers of an image are here it shows which is the largest, and whether cores stay free.
      if (this.#running < this.#size) setImmediate(() => void this.#work());
    });
  }

  #next(): Job | undefined {
    let largest = 0;
    for (const [at, { request }] of this.#queue.entries()) {
      if (request.blob.sizeBytes > (this.#queue[largest] as Job).request.blob.sizeBytes) largest = at;
    }
    return this.#queue.splice(largest, 1)[0];
  }

  /** Takes jobs until none is left, all with one thread unless one of them ends it. */
  async #work(): Promise<void> {
    if (this.#running >= this.#size || this.#queue.length === 0) return;
    this.#running += 1;
    let worker: Worker | null = null;
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      if (job.signal?.aborted) {
        job.reject(cancelled(job.signal));
        continue;
      }
      worker ??= new Worker(new URL(`./layer-worker${extname(import.meta.url)}`, import.meta.url));
      const coreIsFree = this.#running + this.#queue.length < this.#size;
      const alive: boolean = await runJob(worker, job, coreIsFree);
      if (!alive) worker = null;
    }
    this.#running -= 1;
    await worker?.terminate();
  }
}

/** @returns false when the thread is gone afterwards. */
function runJob(worker: Worker, job: Job, coreIsFree: boolean): Promise<boolean> {
  return new Promise(finished => {
    const settle = (alive: boolean, settleJob: () => void) => {
      // Not removeAllListeners: that takes the worker's own, and a second job would never be answered.
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      job.signal?.removeEventListener("abort", abort);
      settleJob();
      finished(alive);
    };
    const abort = () => {
      settle(false, () => job.reject(cancelled(job.signal as AbortSignal)));
      void worker.terminate();
    };
    job.signal?.addEventListener("abort", abort, { once: true });
    const onMessage = (reply: ScanReply) => {
      if (reply.type === "progress") job.onProgress?.(reply.doneBytes);
      else if (reply.type === "done") settle(true, () => job.resolve(reply.index));
      else settle(true, () => job.reject(errorOf(reply)));
    };
    const onError = (error: unknown) => settle(false, () => job.reject(error));
    const onExit = () => settle(false, () => job.reject(new Error("the scanning thread ended early")));
    worker.on("message", onMessage).once("error", onError).once("exit", onExit);
    worker.postMessage({ ...job.request, coreIsFree } satisfies ScanTask);
  });
}

function errorOf(reply: Extract<ScanReply, { type: "failed" | "bug" }>): unknown {
  return reply.type === "bug" ? reply.error : new LabError(reply.code, reply.message, { hint: reply.hint });
}

export const scanPool = new ScanPool();
