/** The longest line BuildKit reads, in bytes of UTF-8 without the line end. */
export const maxLineBytes = 65_535;

/** Reads a text line by line, line ends included, and stops before a line that BuildKit would not read. */
export class LineReader {
  readonly #text: string;
  #at = 0;
  /** Number of the line that `next` gave last. */
  line = 0;
  /** Reading stopped at a line that is too long. */
  stoppedAtLongLine = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next line with its `\n`, or null at the end. */
  next(): string | null {
    if (this.#at >= this.#text.length || this.stoppedAtLongLine) return null;
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? undefined : end + 1);
    if (isTooLong(line)) {
      this.stoppedAtLongLine = true;
      return null;
    }
    this.#at += line.length;
    this.line += 1;
    return line;
  }
}

function isTooLong(line: string): boolean {
  const length = line.endsWith("\n") ? line.length - 1 : line.length;
  if (length * 3 <= maxLineBytes) return false;
  return length > maxLineBytes || Buffer.byteLength(line.slice(0, length), "utf8") > maxLineBytes;
}
