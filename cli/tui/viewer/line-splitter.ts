/** Bytes that come piece by piece, as lines of text. */

import { StringDecoder } from "node:string_decoder";

/** Longer lines are cut: nobody scrolls so far to the right. */
export const longestLine = 20_000;

export class LineSplitter {
  #rest = "";
  readonly #decoder = new StringDecoder("utf8");

  /** @returns the lines that have ended. */
  push(chunk: Uint8Array): string[] {
    const text = this.#rest + this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    const lines = text.split("\n");
    this.#rest = (lines.pop() as string).slice(0, longestLine);
    return lines.map(cut);
  }

  /** @returns the last line, when it has no end of its own. */
  end(): string[] {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    return last === "" ? [] : [cut(last)];
  }
}

function cut(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.length > longestLine ? text.slice(0, longestLine) : text;
}
