import { damagedTar, type LayerLimits, tooLarge } from "./limits.ts";
import { type PaxRecords, paxText, paxXattrs } from "./pax-records.ts";
import type { RepeatedFields } from "./repeated-fields.ts";
import type { SparsePieces } from "./sparse-map.ts";
import { type TarDialect, textLength } from "./tar-header.ts";
import { parseDecimal, parseNumeric, parsePaxTime } from "./tar-number.ts";

/** What a header block and the extensions before it say about one entry. */

/** One header after PAX and GNU extensions. The object and its buffers are used again for the next one: copy what is kept. */
export interface TarHeader {
  /** As in the tar: `0`, `1`, `2` … as a byte; the old `\0` is already told apart as file or folder. */
  typeflag: number;
  name: Uint8Array;
  nameLength: number;
  link: Uint8Array;
  linkLength: number;
  /** 0 to 0o7777. */
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

export function emptyHeader(): TarHeader {
  return {
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

const slash = 0x2f;
const typeFile = 0x30;
const typeDir = 0x35;

/**
 * Fills a header from its block; type, size and offset are already there.
 * @param words those of `block` where `at` is aligned, else null.
 * @throws LabError `damaged`.
 */
export function readFields(
  block: Uint8Array,
  at: number,
  words: Uint32Array | null,
  dialect: TarDialect,
  repeated: RepeatedFields,
  header: TarHeader,
): void {
  const offset = header.headerOffset;
  repeated.readOwner(block, at, words, offset);
  header.mode = repeated.mode;
  header.uid = repeated.uid;
  header.gid = repeated.gid;
  header.mtimeSeconds = readNumber(block, at + 136, 12, offset);
  header.mtimeNanos = 0;
  if (dialect !== "v7") repeated.readDevice(block, at, words, offset);
  header.major = dialect === "v7" ? 0 : repeated.major;
  header.minor = dialect === "v7" ? 0 : repeated.minor;
  if (dialect === "star") {
    // Times of access and change: not kept, but engines refuse a layer where they are malformed.
    readNumber(block, at + 476, 12, offset);
    readNumber(block, at + 488, 12, offset);
  }
  header.xattrs = null;
  header.sparse = null;
  readName(block, at, dialect, header);
  header.linkLength = textLength(block, at + 157, 100);
  for (let i = 0; i < header.linkLength; i += 1) header.link[i] = block[at + 157 + i]!;
}

function readName(block: Uint8Array, at: number, dialect: TarDialect, header: TarHeader): void {
  let length = prefixLength(block, at, dialect);
  for (let i = 0; i < length; i += 1) header.name[i] = block[at + 345 + i]!;
  if (length > 0) header.name[length++] = slash;
  const nameLength = textLength(block, at, 100);
  for (let i = 0; i < nameLength; i += 1) header.name[length + i] = block[at + i]!;
  header.nameLength = length + nameLength;
}

function prefixLength(block: Uint8Array, at: number, dialect: TarDialect): number {
  if (dialect === "ustar") return textLength(block, at + 345, 155);
  if (dialect === "star") return textLength(block, at + 345, 131);
  return dialect === "gnu" && hasMisplacedPrefix(block, at) ? textLength(block, at + 345, 155) : 0;
}

/** Old versions of Go wrote a prefix where GNU has the times of access and change; it is told by being no numbers, and ASCII. */
function hasMisplacedPrefix(block: Uint8Array, at: number): boolean {
  const isWrong = (field: number) => block[field] !== 0 && Number.isNaN(parseNumeric(block, field, 12));
  if (!isWrong(at + 345) && !isWrong(at + 357)) return false;
  const length = textLength(block, at + 345, 155);
  return block.subarray(at + 345, at + 345 + length).every(byte => byte < 0x80);
}

/** An empty name, as everywhere in extensions, leaves the one of the block. @throws LabError `too-large`. */
export function setName(header: TarHeader, name: Uint8Array | null | undefined, limits: LayerLimits): void {
  if (!name || name.length === 0) return;
  header.name = fitted(header.name, name, header.headerOffset, limits);
  header.nameLength = name.length;
}

/** @throws LabError `too-large`. */
export function setLink(header: TarHeader, link: Uint8Array | null | undefined, limits: LayerLimits): void {
  if (!link || link.length === 0) return;
  header.link = fitted(header.link, link, header.headerOffset, limits);
  header.linkLength = link.length;
}

function fitted(buffer: Uint8Array, text: Uint8Array, offset: number, limits: LayerLimits): Uint8Array {
  if (text.length > limits.nameBytes) throw tooLarge("a name's length in bytes", limits.nameBytes, offset);
  const target = buffer.length >= text.length ? buffer : new Uint8Array(text.length * 2);
  target.set(text);
  return target;
}

/** @throws LabError `damaged`, `too-large`. */
export function applyPax(header: TarHeader, pax: PaxRecords, limits: LayerLimits): void {
  const offset = header.headerOffset;
  setName(header, pax.get("path"), limits);
  setLink(header, pax.get("linkpath"), limits);
  header.uid = paxNumber(pax, "uid", header.uid, offset);
  header.gid = paxNumber(pax, "gid", header.gid, offset);
  header.sizeBytes = paxNumber(pax, "size", header.sizeBytes, offset);
  if (header.sizeBytes < 0) throw damagedTar("a negative size", offset);
  const mtime = paxTime(pax, "mtime", offset);
  if (mtime !== null) {
    header.mtimeSeconds = mtime.seconds;
    header.mtimeNanos = mtime.nanos;
  }
  // Not kept, but engines refuse a layer where they are malformed.
  paxTime(pax, "atime", offset);
  paxTime(pax, "ctime", offset);
  header.xattrs = paxXattrs(pax);
}

function paxTime(pax: PaxRecords, key: string, offset: number): { seconds: number; nanos: number } | null {
  const text = paxText(pax, key);
  if (text === "") return null;
  const time = parsePaxTime(text);
  if (time === null) throw damagedTar(`a malformed PAX ${key}`, offset);
  return time;
}

/** Old tars have type NUL for files and folders; a folder's name ends with a slash. */
export function settleType(header: TarHeader): void {
  if (header.typeflag !== 0) return;
  const isDir = header.nameLength > 0 && header.name[header.nameLength - 1] === slash;
  header.typeflag = isDir ? typeDir : typeFile;
}

/** Types without content whatever their size says: links, devices, folders, fifos. */
export function isHeaderOnly(typeflag: number): boolean {
  return typeflag > typeFile && typeflag <= 0x36;
}

/** @throws LabError `damaged`. */
export function readNumber(block: Uint8Array, at: number, fieldBytes: number, offset: number): number {
  const value = parseNumeric(block, at, fieldBytes);
  if (Number.isNaN(value)) throw damagedTar("a malformed number", offset);
  return value;
}

/** @throws LabError `damaged`. */
export function paxNumber(pax: PaxRecords, key: string, otherwise: number, offset: number): number {
  const text = paxText(pax, key);
  if (text === "") return otherwise;
  const value = parseDecimal(text);
  if (Number.isNaN(value)) throw damagedTar(`a malformed PAX ${key}`, offset);
  return value;
}
