/**
 * A ring of chunks in shared memory: one thread writes, another one reads, both wait for each other. A chunk goes to one
 * of several streams. Copying a megabyte takes a tenth of hashing it, and less than a message between threads does.
 */

const slots = 8;
const slotBytes = 1 << 19;

/** Counters that only grow, then for each slot its stream and how many bytes it holds. */
const control = { written: 0, read: 1, streams: 2, lengths: 2 + slots } as const;
const controlBytes = 4 * (2 + 2 * slots);
const endOfAll = -1;

export type SharedRing = SharedArrayBuffer;

export function createRing(): SharedRing {
  return new SharedArrayBuffer(controlBytes + slots * slotBytes);
}

export class RingWriter {
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  #written = 0;

  constructor(ring: SharedRing) {
    this.#control = new Int32Array(ring, 0, controlBytes / 4);
    this.#bytes = new Uint8Array(ring, controlBytes);
  }

  /** Blocks the thread while the ring is full. */
  write(stream: number, chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += slotBytes) {
      this.#put(stream, chunk.subarray(at, Math.min(chunk.length, at + slotBytes)));
    }
  }

  end(): void {
    this.#put(endOfAll, new Uint8Array(0));
  }

  #put(stream: number, piece: Uint8Array): void {
    for (;;) {
      const read = Atomics.load(this.#control, control.read);
      if (this.#written - read < slots) break;
      Atomics.wait(this.#control, control.read, read);
    }
    const slot = this.#written % slots;
    this.#bytes.set(piece, slot * slotBytes);
    this.#control[control.streams + slot] = stream;
    this.#control[control.lengths + slot] = piece.length;
    this.#written += 1;
    Atomics.store(this.#control, control.written, this.#written);
    Atomics.notify(this.#control, control.written);
  }
}

/** Reads until the end, blocking the thread; a chunk is valid during the call only. */
export function readRing(ring: SharedRing, take: (stream: number, chunk: Uint8Array) => void): void {
  const counters = new Int32Array(ring, 0, controlBytes / 4);
  for (let done = 0; ; done += 1) {
    while (Atomics.load(counters, control.written) === done) Atomics.wait(counters, control.written, done);
    const slot = done % slots;
    const stream = counters[control.streams + slot]!;
    if (stream === endOfAll) return;
    const start = controlBytes + slot * slotBytes;
    take(stream, new Uint8Array(ring, start, counters[control.lengths + slot]!));
    Atomics.store(counters, control.read, done + 1);
    Atomics.notify(counters, control.read);
  }
}
