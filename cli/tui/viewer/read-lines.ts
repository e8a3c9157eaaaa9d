/** Bytes that come piece by piece, as lines and as bytes. */

import { StringDecoder } from "node:string_decoder";
import type { FileContent } from "./viewer-state.ts";

/** Longer lines are cut: nobody scrolls so far to the right. */
const longestLine = 20_000;
/** Files that have a NUL so early are shown as bytes. */
const probedBytes = 8192;

export class ContentReader {
  readonly #lines: string[] = [];
  #bytes = new Uint8Array(64 * 1024);
  #byteCount = 0;
  #rest = "";
  readonly #decoder = new StringDecoder("utf8");
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
    const parts = (this.#rest + this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))).split(
      "\n",
    );
    this.#rest = (parts.pop() as string).slice(0, longestLine);
    for (const line of parts) this.#lines.push(cut(line));
  }

  /** @param complete false when reading stopped before the end of the file. */
  end(complete: boolean): void {
    const last = this.#rest + this.#decoder.end();
    if (last !== "") this.#lines.push(cut(last));
    this.#rest = "";
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

function cut(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.length > longestLine ? text.slice(0, longestLine) : text;
}
