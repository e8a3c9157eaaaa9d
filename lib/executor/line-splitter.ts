/** Longer lines are cut: the rest of the line is dropped as it comes. */
export const maxLineBytes = 1 << 20;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Collects bytes into lines, without their ends, in bounded memory. Bytes that are not UTF-8 become U+FFFD. */
export class LineSplitter {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #sizeBytes = 0;

  constructor(limitBytes = maxLineBytes) {
    this.#limitBytes = limitBytes;
  }

  *push(bytes: Buffer): Generator<string, void, void> {
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#keep(bytes.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  /** The last line, when it did not end. */
  *end(): Generator<string, void, void> {
    if (this.#sizeBytes > 0) yield this.#take();
  }

  #keep(bytes: Buffer): void {
    const room = this.#limitBytes - this.#sizeBytes;
    if (room <= 0 || bytes.length === 0) return;
    const kept = bytes.subarray(0, room);
    // A copy: many small parts of a line must not each hold on to the whole chunk they came in.
    this.#parts.push(Buffer.from(kept));
    this.#sizeBytes += kept.length;
    if (this.#parts.length > 256) this.#parts = [Buffer.concat(this.#parts)];
  }

  #take(): string {
    const line = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#sizeBytes = 0;
    return line.toString("utf8", 0, line.at(-1) === carriageReturn ? line.length - 1 : line.length);
  }
}

/** The lines of a stream, as they come. */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  limitBytes = maxLineBytes,
): AsyncGenerator<string, void, void> {
  const lines = new LineSplitter(limitBytes);
  for await (const chunk of chunks) yield* lines.push(chunk);
  yield* lines.end();
}
