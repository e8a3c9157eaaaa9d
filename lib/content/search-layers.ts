import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, LabError } from "../error.ts";
import { cancelled, throwIfCancelled } from "../layer/read-blob.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { ContentQuery } from "./content-query.ts";
import type { ContentHit } from "./content-sink.ts";

export interface SearchRequest {
  readonly blob: BlobLocation;
  readonly query: ContentQuery;
}

export type SearchReply =
  | { readonly type: "progress"; readonly doneBytes: number }
  | { readonly type: "hits"; readonly hits: readonly ContentHit[] }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

export interface LayersSearchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Stored bytes that were read, of all layers together. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Searches layers in threads, as many at a time as there are cores. Hits come in the order of the layers and of their
 * tars, those of the first layer as they are found. Who stops iterating stops the threads.
 * @throws LabError what a layer fails with, when it is its turn; `cancelled`.
 */
export async function* searchLayers(
  blobs: readonly BlobLocation[],
  query: ContentQuery,
  options: LayersSearchOptions = {},
): AsyncGenerator<{ readonly layer: number; readonly hits: readonly ContentHit[] }, void, void> {
  throwIfCancelled(options.signal);
  const totalBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const report = () =>
    options.onProgress?.(
      searches.reduce((sum, { doneBytes }) => sum + doneBytes, 0),
      totalBytes,
    );
  const searches = blobs.map(blob => new LayerSearch({ blob, query }, report));
  const startWaiting = () => {
    let free = availableParallelism() - searches.filter(({ state }) => state === "running").length;
    for (const search of searches) {
      if (free <= 0) return;
      if (search.state !== "waiting") continue;
      search.start(startWaiting);
      free -= 1;
    }
  };
  const abort = () => {
    for (const search of searches) search.fail(cancelled(options.signal as AbortSignal));
  };
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    startWaiting();
    for (const [layer, search] of searches.entries()) {
      for (let hits = await search.next(); hits !== null; hits = await search.next()) yield { layer, hits };
    }
  } finally {
    options.signal?.removeEventListener("abort", abort);
    for (const search of searches) search.stop();
  }
}

/** One layer's thread, and what it found that nobody took yet. */
class LayerSearch {
  readonly #request: SearchRequest;
  readonly #report: () => void;
  #worker: Worker | null = null;
  #found: ContentHit[] = [];
  #error: unknown;
  #wake: (() => void) | null = null;
  state: "waiting" | "running" | "ended" = "waiting";
  doneBytes = 0;

  constructor(request: SearchRequest, report: () => void) {
    this.#request = request;
    this.#report = report;
  }

  start(onEnd: () => void): void {
    this.state = "running";
    const worker = new Worker(new URL(`./content-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.#request,
    });
    this.#worker = worker;
    worker.on("message", (reply: SearchReply) => this.#take(reply));
    worker.once("error", error => this.fail(error));
    worker.once("exit", () => {
      if (this.state === "running") this.fail(new Error("the searching thread ended early"));
      onEnd();
    });
  }

  /** What was found since, or null when that was all. */
  async next(): Promise<readonly ContentHit[] | null> {
    while (this.#found.length === 0 && this.state !== "ended") {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    if (this.#found.length > 0) return this.#found.splice(0);
    if (this.#error !== undefined) throw this.#error;
    return null;
  }

  fail(error: unknown): void {
    if (this.state === "ended") return;
    this.#error = error;
    this.#found = [];
    this.stop();
  }

  stop(): void {
    this.state = "ended";
    void this.#worker?.terminate();
    this.#wakeUp();
  }

  #take(reply: SearchReply): void {
    if (this.state === "ended") return;
    switch (reply.type) {
      case "progress":
        this.doneBytes = reply.doneBytes;
        this.#report();
        return;
      case "hits":
        for (const hit of reply.hits) this.#found.push(hit);
        this.#wakeUp();
        return;
      case "done":
        this.doneBytes = this.#request.blob.sizeBytes;
        this.stop();
        return;
      case "failed":
        this.#error = new LabError(reply.code, reply.message, { hint: reply.hint });
        this.stop();
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
