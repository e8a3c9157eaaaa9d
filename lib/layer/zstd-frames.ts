import { LabError } from "../error.ts";

/**
 * Splits a zstd file into its frames (RFC 8878): Node's decompressor stops after the first one without a word, and layers
 * of zstd:chunked have thousands. Comes in: bytes in chunks. Goes out: the bytes of each data frame, and where it ends.
 * Skippable frames are left out.
 */

export type FramePiece =
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The frame of the pieces before is complete. */
  | { readonly type: "end" };

const dataMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/** What is read next: a field of known size, or bytes that only pass through. */
type Field = "magic" | "skip-size" | "descriptor" | "header" | "block-header" | "checksum";

export class ZstdFrameSplitter {
  #field: Field = "magic";
  #buffer = new Uint8Array(18);
  #fill = 0;
  #wanted = 4;
  /** Bytes of a block or of a skippable frame still to pass. */
  #passing = 0;
  #skipping = false;
  #lastBlock = false;
  #hasChecksum = false;
  #offset = 0;

  /** @throws LabError `damaged` with the offset in the stored bytes. */
  *push(chunk: Uint8Array): Generator<FramePiece, void, void> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passing > 0) {
        const end = Math.min(chunk.length, at + this.#passing);
        if (!this.#skipping) yield { type: "data", bytes: chunk.subarray(at, end) };
        this.#passing -= end - at;
        at = end;
        if (this.#passing === 0) yield* this.#passed();
      } else {
        const end = Math.min(chunk.length, at + this.#wanted - this.#fill);
        this.#buffer.set(chunk.subarray(at, end), this.#fill);
        this.#fill += end - at;
        at = end;
        if (this.#fill === this.#wanted) yield* this.#read(this.#offset + at);
      }
    }
    this.#offset += chunk.length;
  }

  /** @throws LabError `damaged` when the last frame is not complete. */
  end(): void {
    if (this.#field !== "magic" || this.#fill > 0 || this.#passing > 0)
      throw this.#damaged("it ends too early", this.#offset);
  }

  *#read(offset: number): Generator<FramePiece, void, void> {
    const bytes = this.#buffer.slice(0, this.#fill);
    this.#fill = 0;
    if (this.#field === "magic") {
      this.#readMagic(bytes, offset);
      if (!this.#skipping) yield { type: "data", bytes };
      return;
    }
    if (this.#field === "skip-size") {
      this.#passing = wordOf(bytes);
      if (this.#passing === 0) yield* this.#passed();
      return;
    }
    yield { type: "data", bytes };
    if (this.#field === "descriptor") this.#readDescriptor(bytes[0]!);
    else if (this.#field === "header") this.#expect("block-header", 3);
    else if (this.#field === "block-header") yield* this.#readBlockHeader(bytes, offset);
    else yield* this.#finishFrame();
  }

  #readMagic(bytes: Uint8Array, offset: number): void {
    const magic = wordOf(bytes);
    this.#skipping = (magic & 0xfffffff0) >>> 0 === skippableMagic;
    if (this.#skipping) this.#expect("skip-size", 4);
    else if (magic === dataMagic) this.#expect("descriptor", 1);
    else throw this.#damaged("no zstd frame", offset - 4);
  }

  /** Frame_Header_Descriptor: says how long the rest of the header is. */
  #readDescriptor(descriptor: number): void {
    const singleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    this.#hasChecksum = (descriptor & 4) !== 0;
    const rest = (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
    this.#expect("header", rest);
  }

  *#readBlockHeader(bytes: Uint8Array, offset: number): Generator<FramePiece, void, void> {
    const header = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16);
    const type = (header >> 1) & 3;
    if (type === 3) throw this.#damaged("a reserved zstd block", offset - 3);
    this.#lastBlock = (header & 1) !== 0;
    this.#passing = type === 1 ? 1 : header >> 3;
    if (this.#passing === 0) yield* this.#passed();
  }

  *#passed(): Generator<FramePiece, void, void> {
    if (this.#skipping) this.#expect("magic", 4);
    else if (!this.#lastBlock) this.#expect("block-header", 3);
    else if (this.#hasChecksum) this.#expect("checksum", 4);
    else yield* this.#finishFrame();
  }

  *#finishFrame(): Generator<FramePiece, void, void> {
    this.#expect("magic", 4);
    yield { type: "end" };
  }

  #expect(field: Field, wanted: number): void {
    this.#field = field;
    this.#wanted = wanted;
  }

  #damaged(what: string, offset: number): LabError {
    return new LabError("damaged", `damaged zstd data: ${what} at byte ${offset} of the layer's file`, {
      hint: "the layer was cut off or changed; build or fetch it again",
    });
  }
}

function wordOf(bytes: Uint8Array): number {
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}
