import {
  applyPax,
  emptyHeader,
  isHeaderOnly,
  paxNumber,
  readFields,
  readNumber,
  setLink,
  setName,
  settleType,
  type TarHeader,
} from "./header-fields.ts";
import { damagedTar, type LayerLimits, tooLarge } from "./limits.ts";
import { type PaxRecords, parsePaxRecords, paxText, sparseMapKey } from "./pax-records.ts";
import { PlainEntries, type PlainRowsSink } from "./plain-entries.ts";
import { RepeatedFields } from "./repeated-fields.ts";
import { checkedPieces, parsePaxPieces, sparseFormOf, storedBytesOf } from "./sparse-map.ts";
import { malformedMap, SparseMapReader } from "./sparse-map-reader.ts";
import { SpecialBody } from "./special-body.ts";
import { blockBytes, dialectOf, isZeroBlock, paddedBytes, type TarDialect, textLength, wordsOf } from "./tar-header.ts";

/**
 * Walks the headers of a tar that comes in chunks of any size, by the rules of Go's archive/tar, which container engines
 * use (so global PAX headers are checked and not applied, and a tar may end without its zero blocks).
 * Comes in: bytes. Goes out: headers and file contents, to a sink. Nothing is kept but one header.
 */

export interface TarSink {
  entry(header: TarHeader): void;
  /** A part of the stored content of the last entry; only for entries with content. */
  content(chunk: Uint8Array, from: number, to: number): void;
  /** All stored content of the last entry was seen; also called for contents of 0 bytes. */
  contentEnd(): void;
  /** Takes entries with plain headers many at a time, with the digests of their contents; without it they come as all others. */
  readonly plain?: PlainRowsSink;
}

/** With fewer entries than this, making what reads them many at a time takes longer than it saves. */
const manyEntries = 1024;

const paxHeader = 0x78;
const paxGlobalHeader = 0x67;
const gnuLongName = 0x4c;
const gnuLongLink = 0x4b;
const gnuSparse = 0x53;

type State = "header" | "special" | "old-sparse" | "leading-sparse" | "content" | "padding" | "ended";

export class TarScanner {
  readonly #sink: TarSink;
  readonly #limits: LayerLimits;
  readonly #header = emptyHeader();
  readonly #repeated = new RepeatedFields();
  #plain: PlainEntries | null = null;
  #state: State = "header";
  /** Bytes of the tar that were pushed before the chunk at hand. */
  #chunkOffset = 0;
  /** Of the chunk at hand. */
  #words: Uint32Array | null = null;
  /** A block that is spread over chunks. */
  readonly #block = new Uint8Array(blockBytes);
  readonly #blockWords = wordsOf(this.#block);
  #blockFill = 0;
  #zeroBlockSeen = false;
  #entries = 0;
  /** Stored bytes of the entry, sparse maps included: still to come, without padding. */
  #remaining = 0;
  #padding = 0;

  readonly #special = new SpecialBody();
  #pax: PaxRecords | null = null;
  #longName: Uint8Array | null = null;
  #longLink: Uint8Array | null = null;
  /** Most layers have no sparse file. */
  #sparseMap: SparseMapReader | null = null;

  constructor(sink: TarSink, limits: LayerLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** @throws LabError `damaged`, `too-large`. */
  push(chunk: Uint8Array): void {
    if (this.#chunkOffset + chunk.length > this.#limits.tarBytes) {
      throw tooLarge("the layer's size in bytes", this.#limits.tarBytes, this.#chunkOffset);
    }
    if (this.#sink.plain !== undefined && this.#entries >= manyEntries) this.#plain ??= new PlainEntries();
    if (this.#plain === null) {
      this.#pushPiece(chunk);
      return;
    }
    const { chunkBytes } = this.#plain;
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      this.#pushPiece(this.#plain.load(chunk.subarray(at, at + chunkBytes)));
    }
  }

  #pushPiece(chunk: Uint8Array): void {
    this.#words = wordsOf(chunk);
    let at = 0;
    while (at < chunk.length && this.#state !== "ended") at = this.#step(chunk, at);
    this.#chunkOffset += chunk.length;
  }

  /** @throws LabError `damaged` when the tar stops in the middle of something. */
  end(): void {
    const between = this.#state === "header" && this.#blockFill === 0;
    // Zeros that only fill the last block up may be missing, as Go allows.
    if (this.#state === "ended" || this.#state === "padding" || between) return;
    throw damagedTar("it ends too early", this.#chunkOffset);
  }

  #step(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case "special":
        return this.#takeSpecial(chunk, at);
      case "content":
        return this.#takeContent(chunk, at);
      case "padding":
        return this.#skipPadding(chunk, at);
      case "header":
        return this.#takePlain(chunk, at) ?? this.#takeBlock(chunk, at);
      default:
        return this.#takeBlock(chunk, at);
    }
  }

  /** Null when the next entry is to be read alone. */
  #takePlain(chunk: Uint8Array, at: number): number | null {
    const { plain } = this.#sink;
    const isBetween = this.#blockFill === 0 && !this.#zeroBlockSeen;
    if (this.#plain === null || plain === undefined || !isBetween || this.#isDescribed) return null;
    const most = this.#limits.entries - this.#entries;
    const end = this.#plain.read(at, chunk.length, most, this.#chunkOffset, plain);
    if (end === at) return null;
    this.#entries += this.#plain.count;
    return end;
  }

  /** Whether headers came that describe the next entry. */
  get #isDescribed(): boolean {
    return this.#pax !== null || this.#longName !== null || this.#longLink !== null;
  }

  /** Hands a whole block to the state that wants one, without a copy when it lies in one chunk. */
  #takeBlock(chunk: Uint8Array, at: number): number {
    if (this.#blockFill === 0 && chunk.length - at >= blockBytes) {
      this.#readBlock(chunk, at, this.#chunkOffset + at);
      return at + blockBytes;
    }
    const end = Math.min(chunk.length, at + blockBytes - this.#blockFill);
    this.#block.set(chunk.subarray(at, end), this.#blockFill);
    this.#blockFill += end - at;
    if (this.#blockFill === blockBytes) {
      this.#blockFill = 0;
      this.#readBlock(this.#block, 0, this.#chunkOffset + end - blockBytes);
    }
    return end;
  }

  #readBlock(block: Uint8Array, at: number, offset: number): void {
    if (this.#state === "old-sparse") this.#readOldSparseBlock(block, at, offset);
    else if (this.#state === "leading-sparse") this.#readLeadingSparseBlock(block, at, offset);
    else this.#readHeader(block, at, offset);
  }

  #readHeader(block: Uint8Array, at: number, offset: number): void {
    if (block[at] === 0 && isZeroBlock(block, at)) {
      if (this.#zeroBlockSeen) this.#state = "ended";
      this.#zeroBlockSeen = true;
      return;
    }
    if (this.#zeroBlockSeen) throw damagedTar("a header after a block of zeros", offset);
    const words = block === this.#block ? this.#blockWords : at % 4 === 0 ? this.#words : null;
    const dialect = dialectOf(block, at, words);
    if (dialect === null) throw damagedTar(offset === 0 ? "no tar header" : "a header with a wrong checksum", offset);
    const header = this.#header;
    header.headerOffset = offset;
    header.typeflag = block[at + 156]!;
    header.sizeBytes = readNumber(block, at + 124, 12, offset);
    if (header.sizeBytes < 0) throw damagedTar("a negative size", offset);
    readFields(block, at, words, dialect, this.#repeated, header);
    if (isSpecial(header.typeflag)) this.#startSpecial(header.sizeBytes, offset);
    else this.#readEntry(block, at, dialect);
  }

  // --- headers that only describe the next one

  #startSpecial(sizeBytes: number, offset: number): void {
    const limit = this.#limits.specialBytes;
    if (sizeBytes > limit) throw tooLarge("an extended header's size in bytes", limit, offset);
    this.#special.start(sizeBytes);
    this.#padding = paddedBytes(sizeBytes) - sizeBytes;
    this.#state = "special";
    if (sizeBytes === 0) this.#finishSpecial();
  }

  #takeSpecial(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#special.missing);
    this.#special.append(chunk, at, end);
    if (this.#special.missing === 0) this.#finishSpecial();
    return end;
  }

  #finishSpecial(): void {
    const body = this.#special.copy();
    const { typeflag, headerOffset } = this.#header;
    if (typeflag === gnuLongName) this.#longName = body.subarray(0, textLength(body, 0, body.length));
    else if (typeflag === gnuLongLink) this.#longLink = body.subarray(0, textLength(body, 0, body.length));
    else {
      const records = parsePaxRecords(body);
      if (records === null) throw damagedTar("a malformed PAX header", headerOffset);
      // A global header ends the description of an entry that was begun before it, as in Go.
      this.#forgetExtensions(typeflag === paxHeader ? records : null);
    }
    this.#state = this.#padding > 0 ? "padding" : "header";
  }

  /** What the next entry is described by: a new PAX header takes the place of an old one, not of long names. */
  #forgetExtensions(pax: PaxRecords | null): void {
    this.#pax = pax;
    if (pax !== null) return;
    this.#longName = null;
    this.#longLink = null;
  }

  // --- entries

  #readEntry(block: Uint8Array, at: number, dialect: TarDialect): void {
    this.#entries += 1;
    const header = this.#header;
    const offset = header.headerOffset;
    if (this.#entries > this.#limits.entries) throw tooLarge("entries", this.#limits.entries, offset);
    this.#plain?.setOwner(block, at, header.uid, header.gid);
    if (this.#pax !== null) applyPax(header, this.#pax, this.#limits);
    setName(header, this.#longName, this.#limits);
    setLink(header, this.#longLink, this.#limits);
    settleType(header);
    this.#remaining = isHeaderOnly(header.typeflag) ? 0 : header.sizeBytes;
    this.#padding = paddedBytes(this.#remaining) - this.#remaining;
    header.contentOffset = offset + blockBytes;
    const form = this.#pax === null ? null : sparseFormOf(this.#pax);
    if (header.typeflag === gnuSparse) this.#readOldSparse(block, at, dialect);
    else if (this.#pax !== null && form !== null) this.#readPaxSparse(this.#pax, form);
    else this.#emit();
  }

  // --- sparse files

  #readOldSparse(block: Uint8Array, at: number, dialect: TarDialect): void {
    const { headerOffset } = this.#header;
    if (dialect !== "gnu") throw damagedTar("a sparse file of another dialect than GNU's", headerOffset);
    this.#header.sizeBytes = readNumber(block, at + 483, 12, headerOffset);
    this.#takeMap(this.#mapReader.startOld(block, at, headerOffset), "old-sparse");
  }

  #readOldSparseBlock(block: Uint8Array, at: number, offset: number): void {
    this.#header.contentOffset = offset + blockBytes;
    this.#takeMap(this.#mapReader.continueOld(block, at, offset), "old-sparse");
  }

  #readPaxSparse(pax: PaxRecords, form: "0.1" | "1.0"): void {
    const header = this.#header;
    const offset = header.headerOffset;
    if (isHeaderOnly(header.typeflag)) throw damagedTar("a sparse file without content", offset);
    setName(header, pax.get("GNU.sparse.name"), this.#limits);
    const sizeKey = paxText(pax, "GNU.sparse.size") !== "" ? "GNU.sparse.size" : "GNU.sparse.realsize";
    header.sizeBytes = paxNumber(pax, sizeKey, header.sizeBytes, offset);
    if (form === "1.0") {
      this.#mapReader.startLeading();
      this.#state = "leading-sparse";
      return;
    }
    const numbers = parsePaxPieces(paxText(pax, sparseMapKey), paxText(pax, "GNU.sparse.numblocks"));
    if (numbers === null) throw malformedMap(offset);
    this.#finishSparse(numbers);
  }

  /** A map of format 1.0 stands before the content and is padded to whole blocks. */
  #readLeadingSparseBlock(block: Uint8Array, at: number, offset: number): void {
    if (this.#remaining < blockBytes) throw damagedTar("a sparse map without its end", offset);
    this.#remaining -= blockBytes;
    this.#header.contentOffset = offset + blockBytes;
    this.#takeMap(this.#mapReader.continueLeading(block, at, at + blockBytes, offset), "leading-sparse");
  }

  get #mapReader(): SparseMapReader {
    this.#sparseMap ??= new SparseMapReader(this.#limits);
    return this.#sparseMap;
  }

  /** @param next where the map goes on, when it is not whole yet */
  #takeMap(numbers: readonly number[] | null, next: State): void {
    if (numbers === null) this.#state = next;
    else this.#finishSparse(numbers);
  }

  #finishSparse(numbers: readonly number[]): void {
    const header = this.#header;
    const pieces = checkedPieces(numbers, header.sizeBytes);
    if (pieces === null || storedBytesOf(pieces) !== this.#remaining) {
      throw damagedTar("a sparse map that does not fit its file", header.headerOffset);
    }
    header.sparse = pieces;
    this.#emit();
  }

  // --- content

  #emit(): void {
    if (isHeaderOnly(this.#header.typeflag)) this.#header.sizeBytes = 0;
    this.#forgetExtensions(null);
    this.#sink.entry(this.#header);
    if (this.#remaining > 0) this.#state = "content";
    else this.#finishContent();
  }

  #takeContent(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    this.#sink.content(chunk, at, end);
    this.#remaining -= end - at;
    if (this.#remaining === 0) this.#finishContent();
    return end;
  }

  #finishContent(): void {
    this.#sink.contentEnd();
    this.#state = this.#padding > 0 ? "padding" : "header";
  }

  #skipPadding(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#padding);
    this.#padding -= end - at;
    if (this.#padding === 0) this.#state = "header";
    return end;
  }
}

function isSpecial(typeflag: number): boolean {
  return typeflag === paxHeader || typeflag === paxGlobalHeader || typeflag === gnuLongName || typeflag === gnuLongLink;
}
