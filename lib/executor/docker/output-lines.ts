import { LabError } from "../../error.ts";
import { LineSplitter } from "../line-splitter.ts";

const headerBytes = 8;

/**
 * Turns an engine's attach stream into lines. The stream is made of frames: one byte for the stream (1 stdout, 2 stderr,
 * 3 a complaint of the engine), three zero bytes, the payload's length (big endian), the payload. Lines of both streams
 * come in the order in which their ends came.
 *
 * @throws LabError `engine-lost` when the bytes are no such stream.
 */
export class OutputLines {
  readonly #streams = [new LineSplitter(), new LineSplitter(), new LineSplitter(), new LineSplitter()];
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #payloadLeft = 0;

  *push(chunk: Buffer): Generator<string, void, void> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft === 0) at = this.#readHeader(chunk, at);
      if (this.#payloadLeft === 0) continue;
      const end = Math.min(chunk.length, at + this.#payloadLeft);
      yield* this.#stream().push(chunk.subarray(at, end));
      this.#payloadLeft -= end - at;
      if (this.#payloadLeft === 0) this.#headerFilled = 0;
      at = end;
    }
  }

  /** Lines that the end of the stream cut off. */
  *end(): Generator<string, void, void> {
    for (const stream of this.#streams) yield* stream.end();
  }

  #stream(): LineSplitter {
    return this.#streams[this.#header[0] as number] as LineSplitter;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + headerBytes - this.#headerFilled);
    this.#headerFilled += chunk.copy(this.#header, this.#headerFilled, at, end);
    if (this.#headerFilled < headerBytes) return end;
    if ((this.#header[0] as number) > 3 || this.#header.readUIntBE(1, 3) !== 0) {
      throw new LabError("engine-lost", "the engine's output stream cannot be read", {
        hint: "is there a proxy between here and the engine that changes what it says?",
      });
    }
    this.#payloadLeft = this.#header.readUInt32BE(4);
    if (this.#payloadLeft === 0) this.#headerFilled = 0;
    return end;
  }
}
