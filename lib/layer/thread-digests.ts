import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { createRing, RingWriter } from "./chunk-ring.ts";
import type { LayerDigests, StreamDigests } from "./stream-digests.ts";

export const storedStream = 0;
const tarStream = 1;

/** Hashes in a thread of its own; only for a thread that may be blocked, as it waits when it is too far ahead. */
export class ThreadDigests implements StreamDigests {
  readonly #worker: Worker;
  readonly #ring: RingWriter;
  readonly #result: Promise<unknown[]>;

  constructor() {
    const ring = createRing();
    this.#ring = new RingWriter(ring);
    this.#worker = new Worker(new URL(`./digest-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: ring,
    });
    this.#result = once(this.#worker, "message");
    // When it is stopped early, nobody asks any more.
    this.#result.catch(() => {});
  }

  stored(chunk: Uint8Array): void {
    this.#ring.write(storedStream, chunk);
  }

  tar(chunk: Uint8Array): void {
    this.#ring.write(tarStream, chunk);
  }

  async finish(): Promise<LayerDigests> {
    this.#ring.end();
    const [digests] = await this.#result;
    return digests as LayerDigests;
  }

  stop(): void {
    void this.#worker.terminate();
  }
}
