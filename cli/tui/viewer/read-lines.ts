/** Bytes that come piece by piece, as lines and as bytes. */

import { LineSplitter } from "./line-splitter.ts";
import type { FileContent } from "./viewer-state.ts";

/** Files that have a NUL so early are shown as bytes. */
const probedBytes = 8192;

export class ContentReader {
  readonly #lines: string[] = [];
  #bytes = new Uint8Array(64 * 1024);
  #byteCount = 0;
  readonly #splitter = new LineSplitter();
  #complete = false;

  get byteCount(): number {
    return this.#byteCount;
  }

  get lineCount(): number {
    return this.#lines.length;
  }

  push(chunk: Uint8Array): void {
    this.#reserve(this.#byteCount + chunk.length);
    this.#bytes.set(chunk, this.#byteCount);
    this.#byteCount += chunk.length;
    for (const line of this.#splitter.push(chunk)) this.#lines.push(line);
  }

  /** @param complete false when reading stopped before the end of the file. */
  end(complete: boolean): void {
    this.#lines.push(...this.#splitter.end());
    this.#complete = complete;
  }

  content(): FileContent {
    return {
      lines: this.#lines,
      lineCount: this.#lines.length,
      bytes: this.#bytes,
      byteCount: this.#byteCount,
      binary: this.#bytes.subarray(0, Math.min(probedBytes, this.#byteCount)).includes(0),
      complete: this.#complete,
    };
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#byteCount));
    this.#bytes = grown;
  }
}
