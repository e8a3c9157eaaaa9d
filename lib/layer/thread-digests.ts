import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { LayerDigests, StreamDigests } from "./stream-digests.ts";

/** What the thread is sent: a chunk of one of the streams, or the end. */
export interface DigestMessage {
  readonly stream: "stored" | "tar" | "end";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** So many chunks may wait: the thread is seldom behind. */
const chunksAhead = 8;
/** Smaller pieces are put together to one chunk: a message costs as much as copying 100 kB. */
const chunkBytes = 1 << 20;

/** Hashes in a thread of its own; only for a thread that may be blocked, as it waits when it is too far ahead. */
export class ThreadDigests implements StreamDigests {
  readonly #worker: Worker;
  readonly #result: Promise<unknown[]>;
  /** How many chunks the thread has hashed. */
  readonly #hashed = new Int32Array(new SharedArrayBuffer(4));
  #sent = 0;
  readonly #pieces = { stored: new Pieces(), tar: new Pieces() };

  constructor() {
    this.#worker = new Worker(new URL(`./digest-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.#hashed,
    });
    this.#result = once(this.#worker, "message");
    // When it is stopped early, nobody asks any more.
    this.#result.catch(() => {});
  }

  stored(chunk: Uint8Array): void {
    this.#copy("stored", chunk);
  }

  /** A chunk that has a buffer of its own is handed over as it is: copying it would take a tenth of hashing it. */
  tar(chunk: Uint8Array): void {
    const { buffer } = chunk;
    if (chunk.length < chunkBytes || buffer.byteLength !== chunk.length || !(buffer instanceof ArrayBuffer)) {
      this.#copy("tar", chunk);
      return;
    }
    this.#flush("tar");
    this.#send("tar", new Uint8Array(buffer));
  }

  async finish(): Promise<LayerDigests> {
    this.#flush("stored");
    this.#flush("tar");
    this.#send("end", new Uint8Array(0));
    const [digests] = await this.#result;
    return digests as LayerDigests;
  }

  stop(): void {
    void this.#worker.terminate();
  }

  #copy(stream: "stored" | "tar", chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      at += this.#pieces[stream].take(chunk, at);
      if (this.#pieces[stream].isFull) this.#flush(stream);
    }
  }

  #flush(stream: "stored" | "tar"): void {
    const bytes = this.#pieces[stream].give();
    if (bytes.length > 0) this.#send(stream, bytes);
  }

  /** Blocks the thread while too many chunks wait. */
  #send(stream: DigestMessage["stream"], bytes: Uint8Array<ArrayBuffer>): void {
    for (;;) {
      const hashed = Atomics.load(this.#hashed, 0);
      if (this.#sent - hashed < chunksAhead) break;
      Atomics.wait(this.#hashed, 0, hashed);
    }
    this.#sent += 1;
    this.#worker.postMessage({ stream, bytes } satisfies DigestMessage, [bytes.buffer]);
  }
}

/** Copies of pieces, in a buffer that can be given away. */
class Pieces {
  #bytes: Buffer<ArrayBuffer> | null = null;
  #fill = 0;

  get isFull(): boolean {
    return this.#fill === chunkBytes;
  }

  /** @returns how many bytes from there on were taken. */
  take(chunk: Uint8Array, from: number): number {
    this.#bytes ??= Buffer.allocUnsafeSlow(chunkBytes);
    const count = Math.min(chunk.length - from, chunkBytes - this.#fill);
    this.#bytes.set(chunk.subarray(from, from + count), this.#fill);
    this.#fill += count;
    return count;
  }

  give(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes === null ? new Uint8Array(0) : new Uint8Array(this.#bytes.buffer, 0, this.#fill);
    this.#bytes = null;
    this.#fill = 0;
    return bytes;
  }
}
