import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errnoOf } from "../error.ts";
import type { LayerFacts } from "../model/layer-index.ts";
import {
  blockBytes,
  blocksAreWhole,
  type ColumnName,
  decodeHead,
  factsBytes,
  headBytesOf,
  type IndexHead,
} from "./index-format.ts";

/** Enough for the heads of most indexes, so that they take one read. */
const firstReadBytes = 64 << 10;

/** Blocks that are kept, for rows that are asked for again and again, as in a search by halves. */
const keptBlocks = 512;

/** What was read is not what was written: the index has to be made again. */
export class UnreadableIndex extends Error {}

/**
 * An index file of which only what is asked for is read: of a million entries a folder needs a few hundred rows, and
 * memory that is touched for the first time costs more than reading. Reads are synchronous, as they are short.
 */
export class IndexPages {
  readonly #descriptor: number;
  readonly #head: IndexHead;
  readonly #fileBytes: number;
  /** By their numbers, the one read longest ago first. */
  readonly #blocks = new Map<number, Uint8Array>();

  private constructor(descriptor: number, head: IndexHead, fileBytes: number) {
    this.#descriptor = descriptor;
    this.#head = head;
    this.#fileBytes = fileBytes;
  }

  /** Null when there is no file that can be used. Close it. */
  static open(file: string): IndexPages | null {
    let descriptor: number;
    try {
      descriptor = openSync(file, "r");
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return null;
    }
    const { size } = fstatSync(descriptor);
    const head = readHead(descriptor, size);
    if (head !== null) return new IndexPages(descriptor, head, size);
    closeSync(descriptor);
    return null;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  get facts(): LayerFacts {
    return this.#head.facts;
  }

  sizeOf(column: ColumnName): number {
    return this.#head.sections[column].sizeBytes;
  }

  /**
   * Copies bytes of a column, by way of the blocks that are kept.
   * @throws UnreadableIndex
   */
  copy(column: ColumnName, from: number, into: Uint8Array): void {
    const start = this.#head.sections[column].start - this.#head.headBytes + from;
    for (let done = 0; done < into.length; ) {
      const number = Math.floor((start + done) / blockBytes);
      const block = this.#block(number);
      const at = start + done - number * blockBytes;
      const count = Math.min(block.length - at, into.length - done);
      if (count <= 0) throw new UnreadableIndex();
      into.set(block.subarray(at, at + count), done);
      done += count;
    }
  }

  /**
   * Many bytes of a column, read at once into a buffer that is used again for the next.
   * @throws UnreadableIndex
   */
  read(column: ColumnName, from: number, to: number, buffer: PageBuffer): Uint8Array<ArrayBuffer> {
    const { start } = this.#head.sections[column];
    const first = Math.floor((start - this.#head.headBytes + from) / blockBytes);
    const last = Math.ceil((start - this.#head.headBytes + to) / blockBytes);
    const at = this.#head.headBytes + first * blockBytes;
    const bytes = buffer.ofLength(Math.min(this.#fileBytes, this.#head.headBytes + last * blockBytes) - at);
    this.#readBlocks(first, bytes);
    return bytes.subarray(start + from - at, start + to - at);
  }

  #block(number: number): Uint8Array {
    let block = this.#blocks.get(number);
    if (block !== undefined) return block;
    const at = this.#head.headBytes + number * blockBytes;
    const length = Math.min(blockBytes, this.#fileBytes - at);
    if (!(length > 0)) throw new UnreadableIndex();
    let memory: Uint8Array | undefined;
    for (const [oldest, bytes] of this.#blocks) {
      if (this.#blocks.size < keptBlocks) break;
      this.#blocks.delete(oldest);
      memory = bytes;
    }
    block = memory?.length === length ? memory : new Uint8Array(length);
    this.#readBlocks(number, block);
    this.#blocks.set(number, block);
    return block;
  }

  #readBlocks(first: number, bytes: Uint8Array): void {
    readFully(this.#descriptor, bytes, this.#head.headBytes + first * blockBytes);
    if (!blocksAreWhole(bytes, first, this.#head)) throw new UnreadableIndex();
  }
}

/** Memory for one read after the other. */
export class PageBuffer {
  #bytes = new Uint8Array(0);

  ofLength(length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    return this.#bytes.subarray(0, length);
  }
}

function readHead(descriptor: number, fileBytes: number): IndexHead | null {
  if (fileBytes < factsBytes) return null;
  try {
    const start = new Uint8Array(Math.min(fileBytes, firstReadBytes));
    readFully(descriptor, start, 0);
    const headBytes = headBytesOf(start, fileBytes);
    if (headBytes === null || headBytes <= start.length) return decodeHead(start, fileBytes);
    const whole = new Uint8Array(headBytes);
    readFully(descriptor, whole, 0);
    return decodeHead(whole, fileBytes);
  } catch (error) {
    if (error instanceof UnreadableIndex) return null;
    throw error;
  }
}

function readFully(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let fill = 0; fill < bytes.length; ) {
    let count = 0;
    try {
      count = readSync(descriptor, bytes, fill, bytes.length - fill, position + fill);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
    if (count === 0) throw new UnreadableIndex();
    fill += count;
  }
}
