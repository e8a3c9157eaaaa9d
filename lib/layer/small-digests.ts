import { hash } from "node:crypto";
import { instantiateScanModule, type ScanModule } from "./wasm/scan-module.ts";
import { sha256Lanes as lanes } from "./wasm/sha256-function.ts";

/**
 * Digests of small contents, four at a time. A content waits until there are four with the same number of blocks; `finish`
 * gives the digests of those that still wait.
 */

const blockBytes = 64;
/** Of one bit and of the length in bits, which every message ends with. */
const paddingBytes = 9;
/** Beyond this, one call of OpenSSL costs less. */
const maximumBlocks = 12;
const smallBytes = maximumBlocks * blockBytes - paddingBytes;
/** With fewer small files than this, making the module takes longer than it saves. */
const worthwhileFrom = 4096;

const digestBytes = 32;

/** Called with 32 bytes at `from`, which change at the next call. */
export type TakeDigest = (position: number, digests: Uint8Array, from: number) => void;

export class SmallDigests {
  readonly #take: TakeDigest;
  readonly #groups: Group[] = [];
  #module: ScanModule | null = null;
  #seen = 0;

  constructor(take: TakeDigest) {
    this.#take = take;
  }

  /** @returns false when the content is not small; then nothing is done. */
  add(content: Uint8Array, from: number, to: number, position: number): boolean {
    const sizeBytes = to - from;
    if (sizeBytes > smallBytes) return false;
    if (this.#module === null) {
      this.#seen += 1;
      if (this.#seen < worthwhileFrom) {
        this.#take(position, hash("sha256", content.subarray(from, to), "buffer"), 0);
        return true;
      }
      this.#start();
    }
    const { memory } = this.#module as ScanModule;
    const group = this.#groups[(sizeBytes + paddingBytes - 1) >>> 6] as Group;
    const start = group.from + group.waiting * group.messageBytes;
    const end = start + group.messageBytes;
    for (let i = 0; i < sizeBytes; i += 1) memory[start + i] = content[from + i]!;
    memory.fill(0, start + sizeBytes, end);
    memory[start + sizeBytes] = 0x80;
    memory[end - 2] = (sizeBytes * 8) >>> 8;
    memory[end - 1] = sizeBytes * 8;
    group.positions[group.waiting] = position;
    group.waiting += 1;
    if (group.waiting === lanes) this.#hash(group);
    return true;
  }

  finish(): void {
    for (const group of this.#groups) if (group.waiting > 0) this.#hash(group);
  }

  #start(): void {
    this.#module = instantiateScanModule();
    let from = this.#module.messagesFrom + lanes * digestBytes;
    for (let blocks = 1; blocks <= maximumBlocks; blocks += 1) {
      this.#groups.push({ from, messageBytes: blocks * blockBytes, positions: new Float64Array(lanes), waiting: 0 });
      from += lanes * blocks * blockBytes;
    }
  }

  /** Lanes that nothing waits in hash what was there before. */
  #hash(group: Group): void {
    const { memory, hash, messagesFrom } = this.#module as ScanModule;
    const [message, digest] = [
      (lane: number) => group.from + lane * group.messageBytes,
      (lane: number) => messagesFrom + lane * digestBytes,
    ];
    hash(
      message(0),
      message(1),
      message(2),
      message(3),
      group.messageBytes / blockBytes,
      digest(0),
      digest(1),
      digest(2),
      digest(3),
    );
    for (let lane = 0; lane < group.waiting; lane += 1) {
      this.#take(group.positions[lane]!, memory, digest(lane));
    }
    group.waiting = 0;
  }
}

/** Contents with the same number of blocks. */
interface Group {
  readonly from: number;
  readonly messageBytes: number;
  readonly positions: Float64Array;
  waiting: number;
}
