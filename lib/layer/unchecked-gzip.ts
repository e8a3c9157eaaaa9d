import { createInflateRaw } from "node:zlib";
import { readAhead, through } from "./through-stream.ts";

/** A member of gzip (RFC 1952) without its checksum: the deflate data between its header and its trailer. */

const trailerBytes = 8;
const fixedHeaderBytes = 10;
const flags = { extra: 0x04, name: 0x08, comment: 0x10 } as const;
const knownFlags = 0x01 | flags.extra | flags.name | flags.comment;

/**
 * Inflates one member. It closes the iterator only when it is left early or fails.
 * @returns what was read beyond the member; all of it, and `isRead` false, when its header is an unusual one.
 */
export async function* uncheckedMember(
  stored: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, { readonly isRead: boolean; readonly rest: Uint8Array }, void> {
  const input = new RecentChunks(stored);
  let isDone = false;
  try {
    const first = (await input.next()) ?? new Uint8Array(0);
    const headerBytes = lengthOfHeader(first);
    if (headerBytes !== null) {
      const stream = createInflateRaw(readAhead);
      yield* through(input.chunks(first.subarray(headerBytes), stream), stream);
      await input.skip(headerBytes + stream.bytesWritten, trailerBytes);
    }
    isDone = true;
    return { isRead: headerBytes !== null, rest: input.rest() };
  } finally {
    if (!isDone) await stored.return?.();
  }
}

/** Null when it is not whole, or has parts that must be checked. */
function lengthOfHeader(bytes: Uint8Array): number | null {
  if (bytes.length < fixedHeaderBytes || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return null;
  const present = bytes[3]!;
  if ((present & ~knownFlags) !== 0) return null;
  let at = fixedHeaderBytes;
  if ((present & flags.extra) !== 0) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  for (const text of [flags.name, flags.comment]) {
    if ((present & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  return at <= bytes.length ? at : null;
}

/** The chunks that a stream may not have used up: it tells how far it came only later. */
class RecentChunks {
  readonly #stored: AsyncIterator<Uint8Array>;
  #recent: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  #read = 0;

  constructor(stored: AsyncIterator<Uint8Array>) {
    this.#stored = stored;
  }

  async next(): Promise<Uint8Array | null> {
    const next = await this.#stored.next();
    if (next.done) return null;
    this.#recent.push({ start: this.#read, bytes: next.value });
    this.#read += next.value.length;
    return next.value;
  }

  async *chunks(first: Uint8Array, stream: { readonly bytesWritten: number }): AsyncGenerator<Uint8Array, void, void> {
    for (let chunk: Uint8Array | null = first; chunk !== null; chunk = await this.next()) {
      // The header is not counted in what was written, so something more than needed is kept.
      this.#forget(stream.bytesWritten);
      yield chunk;
    }
  }

  /** @throws an error as zlib's own when there is less. */
  async skip(from: number, count: number): Promise<void> {
    while (this.#read < from + count) {
      if ((await this.next()) === null) {
        throw Object.assign(new Error("unexpected end of file"), { code: "Z_BUF_ERROR" });
      }
    }
    this.#forget(from + count);
    const [start] = this.#recent;
    if (start === undefined) return;
    const skipped = Math.max(0, from + count - start.start);
    this.#recent[0] = { start: start.start + skipped, bytes: start.bytes.subarray(skipped) };
  }

  rest(): Uint8Array {
    return Buffer.concat(this.#recent.map(({ bytes }) => bytes));
  }

  #forget(to: number): void {
    this.#recent = this.#recent.filter(({ start, bytes }) => start + bytes.length > to);
  }
}
