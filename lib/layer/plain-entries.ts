import { hash } from "node:crypto";
import { typeCode } from "./layer-columns.ts";
import { mostRows } from "./wasm/headers-function.ts";
import { instantiateScanModule } from "./wasm/scan-module.ts";
import { sha256Lanes } from "./wasm/sha256-function.ts";

/** Reads the plainest headers of a tar many at a time; `headersFunction` says which those are. */

const digestBytes = 32;
const ownerAt = 108;
const ownerBytes = 16;
const emptyDigest = hash("sha256", "", "buffer");

/** Entries that were read at once, as columns; they change with the next ones. */
export interface PlainRows {
  readonly count: number;
  /** All paths, a NUL after each. */
  readonly paths: Uint8Array;
  readonly pathStarts: Uint32Array;
  readonly kinds: Uint8Array;
  readonly modes: Uint16Array;
  readonly uid: number;
  readonly gid: number;
  readonly sizes: Float64Array;
  readonly mtimeSeconds: Float64Array;
  readonly contentOffsets: Float64Array;
  /** Of contents; zeros for folders. */
  readonly digests: Uint8Array;
}

/** Who takes such rows. */
export interface PlainRowsSink {
  /** How many may come, and where the path of the first one starts. */
  room(): number;
  pathStart(): number;
  take(rows: PlainRows): void;
}

export class PlainEntries {
  readonly #module = instantiateScanModule();
  readonly #memory = this.#module.memory;
  readonly #counts = new Uint32Array(this.#memory.buffer, this.#module.columns.rowCount, 4);
  readonly #all = this.#columns();
  readonly #queue = new ContentQueue((...places) => this.#module.hash(...places));
  #uid = 0;
  #gid = 0;

  /** The largest chunk that `load` takes. */
  readonly chunkBytes = this.#module.chunkBytes;

  /** A copy of the chunk, on which `read` works; the contents in it change while they are hashed. */
  load(chunk: Uint8Array): Uint8Array {
    const { chunkAt } = this.#module;
    this.#memory.set(chunk, chunkAt);
    return this.#memory.subarray(chunkAt, chunkAt + chunk.length);
  }

  /** Entries of the same owner as this header's can be read from now on. */
  setOwner(block: Uint8Array, at: number, uid: number, gid: number): void {
    const known = this.#module.columns.owner;
    for (let i = 0; i < ownerBytes; i += 1) this.#memory[known + i] = block[at + ownerAt + i]!;
    this.#uid = uid;
    this.#gid = gid;
  }

  /**
   * Reads headers and contents of the loaded chunk from `at` on, as long as they are plain and whole.
   * @param chunkOffset that of the chunk in the tar.
   * @returns where it stopped.
   */
  read(at: number, chunkLength: number, most: number, chunkOffset: number, sink: PlainRowsSink): number {
    const { chunkAt } = this.#module;
    const limit = Math.min(most, mostRows, sink.room());
    const end = this.#module.headers(
      chunkAt + at,
      chunkAt + chunkLength,
      limit,
      sink.pathStart(),
      chunkOffset - chunkAt,
    );
    if (this.count > 0) sink.take(this.#rows());
    return end - chunkAt;
  }

  /** How many entries were read. */
  get count(): number {
    return this.#counts[0]!;
  }

  #rows(): PlainRows {
    const { count } = this;
    const all = this.#all;
    this.#hashContents(count);
    return {
      count,
      paths: this.#memory.subarray(this.#module.columns.paths, this.#counts[2]!),
      pathStarts: all.pathStarts.subarray(0, count),
      kinds: all.kinds.subarray(0, count),
      modes: all.modes.subarray(0, count),
      uid: this.#uid,
      gid: this.#gid,
      sizes: all.sizes.subarray(0, count),
      mtimeSeconds: all.mtimeSeconds.subarray(0, count),
      contentOffsets: all.contentOffsets.subarray(0, count),
      digests: all.digests.subarray(0, count * digestBytes),
    };
  }

  #columns() {
    const { buffer } = this.#memory;
    const { columns } = this.#module;
    return {
      pathStarts: new Uint32Array(buffer, columns.pathStarts, mostRows),
      kinds: new Uint8Array(buffer, columns.kinds, mostRows),
      modes: new Uint16Array(buffer, columns.modes, mostRows),
      sizes: new Float64Array(buffer, columns.sizes, mostRows),
      mtimeSeconds: new Float64Array(buffer, columns.mtimes, mostRows),
      contentOffsets: new Float64Array(buffer, columns.contentOffsets, mostRows),
      contents: new Uint32Array(buffer, columns.contents, mostRows),
      hashBlocks: new Uint8Array(buffer, columns.hashBlocks, mostRows),
      digests: new Uint8Array(buffer, columns.digests, mostRows * digestBytes),
    };
  }

  #hashContents(count: number): void {
    const { kinds, sizes, contents, hashBlocks, digests } = this.#all;
    const digestsAt = this.#module.columns.digests;
    digests.fill(0, 0, count * digestBytes);
    for (let row = 0; row < count; row += 1) {
      if (kinds[row] !== typeCode.file) continue;
      const content = contents[row]!;
      const blocks = hashBlocks[row]!;
      if (blocks > 0) this.#queue.add(content, blocks, digestsAt + row * digestBytes);
      else if (sizes[row] === 0) digests.set(emptyDigest, row * digestBytes);
      else {
        const bytes = this.#memory.subarray(content, content + sizes[row]!);
        digests.set(hash("sha256", bytes, "buffer"), row * digestBytes);
      }
    }
    this.#queue.finish();
  }
}

const mostBlocks = 16;

/** Messages of SHA-256 that wait until there are as many of one length as are hashed at once. */
class ContentQueue {
  readonly #hash: (...places: number[]) => void;
  readonly #waiting = new Uint8Array(mostBlocks);
  readonly #messages = new Uint32Array(mostBlocks * sha256Lanes);
  readonly #digests = new Uint32Array(mostBlocks * sha256Lanes);

  constructor(hash: (...places: number[]) => void) {
    this.#hash = hash;
  }

  add(message: number, blocks: number, digest: number): void {
    const waiting = this.#waiting[blocks]!;
    const at = blocks * sha256Lanes + waiting;
    this.#messages[at] = message;
    this.#digests[at] = digest;
    this.#waiting[blocks] = waiting + 1;
    if (waiting + 1 === sha256Lanes) this.#run(blocks);
  }

  finish(): void {
    for (let blocks = 1; blocks < mostBlocks; blocks += 1) {
      if (this.#waiting[blocks] === 0) continue;
      // The last one takes the lanes that are left.
      while (this.#waiting[blocks]! > 0) {
        const last = blocks * sha256Lanes + this.#waiting[blocks]! - 1;
        this.add(this.#messages[last]!, blocks, this.#digests[last]!);
      }
    }
  }

  #run(blocks: number): void {
    const at = blocks * sha256Lanes;
    const [messages, digests] = [this.#messages, this.#digests];
    this.#waiting[blocks] = 0;
    this.#hash(
      messages[at]!,
      messages[at + 1]!,
      messages[at + 2]!,
      messages[at + 3]!,
      blocks,
      digests[at]!,
      digests[at + 1]!,
      digests[at + 2]!,
      digests[at + 3]!,
    );
  }
}
