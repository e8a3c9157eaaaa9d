import { damagedTar, type LayerLimits, tooLarge } from "./limits.ts";
import { type PaxRecords, parsePaxRecords, paxText, paxXattrs, sparseMapKey } from "./pax-records.ts";
import {
  checkedPieces,
  leadingLineCount,
  parseLeadingPieces,
  parsePaxPieces,
  readOldPieces,
  type SparsePieces,
  storedBytesOf,
} from "./sparse-map.ts";
import { blockBytes, dialectOf, isZeroBlock, paddedBytes, type TarDialect, textLength } from "./tar-header.ts";
import { parseDecimal, parseNumeric, parsePaxTime } from "./tar-number.ts";

/**
 * Walks the headers of a tar that comes in chunks of any size, by the rules of Go's archive/tar, which container engines
 * use (so global PAX headers are checked and not applied, and a tar may end without its zero blocks).
 * Comes in: bytes. Goes out: headers and file contents, to a sink. Nothing is kept but one header.
 */

/** One header after PAX and GNU extensions. The object and its buffers are used again for the next one: copy what is kept. */
export interface TarHeader {
  /** As in the tar: `0`, `1`, `2` … as a byte; the old `\0` is already told apart as file or folder. */
  typeflag: number;
  name: Uint8Array;
  nameLength: number;
  link: Uint8Array;
  linkLength: number;
  mode: number;
  uid: number;
  gid: number;
  /** Size of the content as a program would read it: with its holes. 0 for what has no content. */
  sizeBytes: number;
  /** Whole seconds since 1970, may be negative; plus `mtimeNanos`, 0 to 999,999,999. */
  mtimeSeconds: number;
  mtimeNanos: number;
  major: number;
  minor: number;
  xattrs: ReadonlyMap<string, Uint8Array> | null;
  /** Which parts of a sparse file are stored, or null when all is. */
  sparse: SparsePieces | null;
  /** Offset of the header block itself, and of the first stored byte of the content. */
  headerOffset: number;
  contentOffset: number;
}

export interface TarSink {
  entry(header: TarHeader): void;
  /** A part of the stored content of the last entry; only for entries with content. */
  content(chunk: Uint8Array, from: number, to: number): void;
  /** All stored content of the last entry was seen; also called for contents of 0 bytes. */
  contentEnd(): void;
}

const flag = { zero: 0x30, link: 0x31, symlink: 0x32, fifo: 0x36, dir: 0x35 };
const paxHeader = 0x78;
const paxGlobalHeader = 0x67;
const gnuLongName = 0x4c;
const gnuLongLink = 0x4b;
const gnuSparse = 0x53;

type State = "header" | "special" | "old-sparse" | "leading-sparse" | "content" | "padding" | "ended";

export class TarScanner {
  readonly #sink: TarSink;
  readonly #limits: LayerLimits;
  #state: State = "header";
  /** Bytes of the tar that were pushed before the chunk at hand. */
  #chunkOffset = 0;
  #block = new Uint8Array(blockBytes);
  /** Bytes in `#block` when a block is spread over chunks. */
  #blockFill = 0;
  #zeroBlockSeen = false;
  #entries = 0;

  /** Body of a PAX header or long name, or a sparse map in the making. */
  #special = new Uint8Array(4096);
  #specialFill = 0;
  #specialBytes = 0;
  #specialFlag = 0;

  #pax: PaxRecords | null = null;
  #longName: Uint8Array | null = null;
  #longLink: Uint8Array | null = null;
  #sparseNumbers: number[] = [];
  /** Lines of a leading sparse map: seen, and how many there must be. */
  #mapLines = 0;
  #mapLinesNeeded = 1;
  /** Stored bytes of the entry, sparse maps included: still to come, without padding. */
  #remaining = 0;
  #padding = 0;
  #header: TarHeader;

  constructor(sink: TarSink, limits: LayerLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#header = {
      typeflag: 0,
      name: new Uint8Array(512),
      nameLength: 0,
      link: new Uint8Array(512),
      linkLength: 0,
      mode: 0,
      uid: 0,
      gid: 0,
      sizeBytes: 0,
      mtimeSeconds: 0,
      mtimeNanos: 0,
      major: 0,
      minor: 0,
      xattrs: null,
      sparse: null,
      headerOffset: 0,
      contentOffset: 0,
    };
  }

  /** @throws LabError `damaged`, `too-large`. */
  push(chunk: Uint8Array): void {
    if (this.#chunkOffset + chunk.length > this.#limits.tarBytes) {
      throw tooLarge("the layer's size in bytes", this.#limits.tarBytes, this.#chunkOffset);
    }
    let at = 0;
    while (at < chunk.length && this.#state !== "ended") at = this.#step(chunk, at);
    this.#chunkOffset += chunk.length;
  }

  /** @throws LabError `damaged` when the tar stops in the middle of something. */
  end(): void {
    const between = this.#state === "header" && this.#blockFill === 0;
    const extended = this.#pax !== null || this.#longName !== null || this.#longLink !== null;
    // Zeros that only fill the last block up may be missing, as Go allows.
    if (this.#state === "ended" || this.#state === "padding" || (between && !extended)) return;
    throw damagedTar("it ends too early", this.#chunkOffset);
  }

  #step(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case "header":
      case "old-sparse":
      case "leading-sparse":
        return this.#takeBlock(chunk, at);
      case "special":
        return this.#takeSpecial(chunk, at);
      case "content":
        return this.#takeContent(chunk, at);
      default:
        return this.#skipPadding(chunk, at);
    }
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
    const dialect = dialectOf(block, at);
    if (dialect === null) throw damagedTar(offset === 0 ? "no tar header" : "a header with a wrong checksum", offset);
    const typeflag = block[at + 156]!;
    const header = this.#header;
    header.headerOffset = offset;
    header.typeflag = typeflag;
    header.sizeBytes = number(block, at + 124, 12, offset);
    if (header.sizeBytes < 0) throw damagedTar("a negative size", offset);
    if (isSpecial(typeflag)) this.#startSpecial(typeflag, offset);
    else this.#readEntry(block, at, dialect);
  }

  // --- headers that only describe the next one

  #startSpecial(typeflag: number, offset: number): void {
    const sizeBytes = this.#header.sizeBytes;
    if (sizeBytes > this.#limits.specialBytes) {
      throw tooLarge("an extended header's size in bytes", this.#limits.specialBytes, offset);
    }
    this.#specialFlag = typeflag;
    this.#specialFill = 0;
    this.#specialBytes = sizeBytes;
    this.#padding = paddedBytes(sizeBytes) - sizeBytes;
    this.#state = "special";
    if (sizeBytes === 0) this.#finishSpecial(offset);
  }

  #takeSpecial(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#specialBytes - this.#specialFill);
    this.#appendSpecial(chunk, at, end);
    if (this.#specialFill === this.#specialBytes) this.#finishSpecial(this.#header.headerOffset);
    return end;
  }

  #appendSpecial(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#specialFill + to - from;
    if (needed > this.#special.length) {
      const larger = new Uint8Array(Math.max(needed, this.#special.length * 2));
      larger.set(this.#special);
      this.#special = larger;
    }
    this.#special.set(bytes.subarray(from, to), this.#specialFill);
    this.#specialFill = needed;
  }

  #finishSpecial(offset: number): void {
    const body = this.#special.slice(0, this.#specialFill);
    if (this.#specialFlag === gnuLongName) this.#longName = body.subarray(0, textLength(body, 0, body.length));
    else if (this.#specialFlag === gnuLongLink) this.#longLink = body.subarray(0, textLength(body, 0, body.length));
    else {
      const records = parsePaxRecords(body);
      if (records === null) throw damagedTar("a malformed PAX header", offset);
      if (this.#specialFlag === paxHeader) this.#pax = records;
      // A global header ends the description of an entry that was begun before it, as in Go.
      else this.#forgetExtensions();
    }
    this.#state = this.#padding > 0 ? "padding" : "header";
  }

  #forgetExtensions(): void {
    this.#pax = null;
    this.#longName = null;
    this.#longLink = null;
  }

  // --- entries

  #readEntry(block: Uint8Array, at: number, dialect: TarDialect): void {
    this.#entries += 1;
    const header = this.#header;
    const offset = header.headerOffset;
    if (this.#entries > this.#limits.entries) throw tooLarge("entries", this.#limits.entries, offset);
    header.mode = number(block, at + 100, 8, offset);
    header.uid = number(block, at + 108, 8, offset);
    header.gid = number(block, at + 116, 8, offset);
    header.mtimeSeconds = number(block, at + 136, 12, offset);
    header.mtimeNanos = 0;
    header.major = dialect === "v7" ? 0 : number(block, at + 329, 8, offset);
    header.minor = dialect === "v7" ? 0 : number(block, at + 337, 8, offset);
    header.xattrs = null;
    header.sparse = null;
    this.#readNames(block, at, dialect);
    if (this.#pax !== null) this.#applyPax(this.#pax, offset);
    if (this.#longName !== null && this.#longName.length > 0) this.#setName(this.#longName);
    if (this.#longLink !== null && this.#longLink.length > 0) this.#setLink(this.#longLink);
    if (header.typeflag === 0) header.typeflag = endsWithSlash(header) ? flag.dir : flag.zero;
    const headerOnly = isHeaderOnly(header.typeflag);
    this.#remaining = headerOnly ? 0 : header.sizeBytes;
    this.#padding = paddedBytes(this.#remaining) - this.#remaining;
    header.contentOffset = offset + blockBytes;
    this.#readSparse(block, at, dialect, headerOnly);
  }

  #readNames(block: Uint8Array, at: number, dialect: TarDialect): void {
    const header = this.#header;
    const prefixField = dialect === "ustar" ? 155 : dialect === "star" ? 131 : 0;
    let length = prefixField === 0 ? 0 : textLength(block, at + 345, prefixField);
    for (let i = 0; i < length; i += 1) header.name[i] = block[at + 345 + i]!;
    if (length > 0) header.name[length++] = 0x2f;
    const nameLength = textLength(block, at, 100);
    for (let i = 0; i < nameLength; i += 1) header.name[length + i] = block[at + i]!;
    header.nameLength = length + nameLength;
    header.linkLength = textLength(block, at + 157, 100);
    for (let i = 0; i < header.linkLength; i += 1) header.link[i] = block[at + 157 + i]!;
  }

  #setName(bytes: Uint8Array): void {
    this.#header.name = this.#fit(this.#header.name, bytes, "a name's length in bytes");
    this.#header.nameLength = bytes.length;
  }

  #setLink(bytes: Uint8Array): void {
    this.#header.link = this.#fit(this.#header.link, bytes, "a link's length in bytes");
    this.#header.linkLength = bytes.length;
  }

  #fit(buffer: Uint8Array, bytes: Uint8Array, what: string): Uint8Array {
    if (bytes.length > this.#limits.nameBytes) throw tooLarge(what, this.#limits.nameBytes, this.#header.headerOffset);
    const target = buffer.length >= bytes.length ? buffer : new Uint8Array(bytes.length * 2);
    target.set(bytes);
    return target;
  }

  #applyPax(pax: PaxRecords, offset: number): void {
    const header = this.#header;
    const path = pax.get("path");
    if (path !== undefined && path.length > 0) this.#setName(path);
    const linkpath = pax.get("linkpath");
    if (linkpath !== undefined && linkpath.length > 0) this.#setLink(linkpath);
    header.uid = paxNumber(pax, "uid", header.uid, offset);
    header.gid = paxNumber(pax, "gid", header.gid, offset);
    header.sizeBytes = paxNumber(pax, "size", header.sizeBytes, offset);
    if (header.sizeBytes < 0) throw damagedTar("a negative size", offset);
    const mtimeText = paxText(pax, "mtime");
    if (mtimeText !== "") {
      const mtime = parsePaxTime(mtimeText);
      if (mtime === null) throw damagedTar("a malformed time", offset);
      header.mtimeSeconds = mtime.seconds;
      header.mtimeNanos = mtime.nanos;
    }
    header.xattrs = paxXattrs(pax);
  }

  // --- sparse files

  #readSparse(block: Uint8Array, at: number, dialect: TarDialect, headerOnly: boolean): void {
    const header = this.#header;
    const offset = header.headerOffset;
    if (header.typeflag === gnuSparse) {
      if (dialect !== "gnu") throw damagedTar("a sparse file of another dialect than GNU's", offset);
      header.sizeBytes = number(block, at + 483, 12, offset);
      this.#sparseNumbers = [];
      this.#readSparsePairs(block, at + 386, 4, offset);
      if (block[at + 482] === 0) this.#finishSparse(this.#sparseNumbers);
      else this.#state = "old-sparse";
      return;
    }
    const form = this.#pax === null ? null : sparseFormOf(this.#pax);
    if (form === null) {
      if (headerOnly) header.sizeBytes = 0;
      this.#emit();
      return;
    }
    if (headerOnly) throw damagedTar("a sparse file without content", offset);
    this.#readSparsePax(this.#pax as PaxRecords, form, offset);
  }

  #readSparsePax(pax: PaxRecords, form: "0.1" | "1.0", offset: number): void {
    const name = pax.get("GNU.sparse.name");
    if (name !== undefined && name.length > 0) this.#setName(name);
    const sizeKey = paxText(pax, "GNU.sparse.size") !== "" ? "GNU.sparse.size" : "GNU.sparse.realsize";
    this.#header.sizeBytes = paxNumber(pax, sizeKey, this.#header.sizeBytes, offset);
    if (form === "1.0") {
      this.#specialFill = 0;
      this.#mapLines = 0;
      this.#mapLinesNeeded = 1;
      this.#state = "leading-sparse";
      return;
    }
    const numbers = parsePaxPieces(paxText(pax, sparseMapKey), paxText(pax, "GNU.sparse.numblocks"));
    if (numbers === null) throw damagedTar("a malformed sparse map", offset);
    this.#finishSparse(numbers);
  }

  #readOldSparseBlock(block: Uint8Array, at: number, offset: number): void {
    this.#header.contentOffset = offset + blockBytes;
    this.#readSparsePairs(block, at, 21, offset);
    if (block[at + 504] === 0) this.#finishSparse(this.#sparseNumbers);
  }

  #readSparsePairs(block: Uint8Array, at: number, count: number, offset: number): void {
    if (!readOldPieces(block, at, count, this.#sparseNumbers)) throw damagedTar("a malformed sparse map", offset);
    if (this.#sparseNumbers.length * 12 > this.#limits.specialBytes) {
      throw tooLarge("a sparse map's size in bytes", this.#limits.specialBytes, offset);
    }
  }

  #readLeadingSparseBlock(block: Uint8Array, at: number, offset: number): void {
    if (this.#remaining < blockBytes) throw damagedTar("a sparse map without its end", offset);
    this.#appendSpecial(block, at, at + blockBytes);
    this.#remaining -= blockBytes;
    this.#header.contentOffset = offset + blockBytes;
    if (this.#specialFill > this.#limits.specialBytes) {
      throw tooLarge("a sparse map's size in bytes", this.#limits.specialBytes, offset);
    }
    for (let i = 0; i < blockBytes; i += 1) if (block[at + i] === 0x0a) this.#mapLines += 1;
    if (this.#mapLines < this.#mapLinesNeeded) return;
    const text = Buffer.from(this.#special.buffer, 0, this.#specialFill).toString("latin1");
    this.#mapLinesNeeded = leadingLineCount(text);
    if (Number.isNaN(this.#mapLinesNeeded)) throw damagedTar("a malformed sparse map", offset);
    if (this.#mapLines < this.#mapLinesNeeded) return;
    const numbers = parseLeadingPieces(text);
    if (numbers === null) throw damagedTar("a malformed sparse map", offset);
    this.#finishSparse(numbers);
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
    this.#forgetExtensions();
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

/** Types without content whatever their size says: links, devices, folders, fifos. */
function isHeaderOnly(typeflag: number): boolean {
  return typeflag >= flag.link && typeflag <= flag.fifo;
}

function endsWithSlash(header: TarHeader): boolean {
  return header.nameLength > 0 && header.name[header.nameLength - 1] === 0x2f;
}

/** Format 0.0 is read as 0.1. Versions that are not known are no sparse files at all. */
function sparseFormOf(pax: PaxRecords): "0.1" | "1.0" | null {
  const version = `${paxText(pax, "GNU.sparse.major")}.${paxText(pax, "GNU.sparse.minor")}`;
  if (version === "0.0" || version === "0.1") return "0.1";
  if (version === "1.0") return "1.0";
  return version === "." && paxText(pax, sparseMapKey) !== "" ? "0.1" : null;
}

function number(block: Uint8Array, at: number, fieldBytes: number, offset: number): number {
  const value = parseNumeric(block, at, fieldBytes);
  if (Number.isNaN(value)) throw damagedTar("a malformed number", offset);
  return value;
}

function paxNumber(pax: PaxRecords, key: string, otherwise: number, offset: number): number {
  const text = paxText(pax, key);
  if (text === "") return otherwise;
  const value = parseDecimal(text);
  if (Number.isNaN(value)) throw damagedTar(`a malformed PAX ${key}`, offset);
  return value;
}
