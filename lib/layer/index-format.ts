import { crc32 } from "node:zlib";
import { type DiffId, type Digest, digestOfHex, hexOf } from "../model/digest.ts";
import type { Compression, LayerFacts } from "../model/layer-index.ts";
import type { ColumnData } from "./layer-columns.ts";

/**
 * The index file: a fixed header, a table of sections, checksums, the columns. All numbers in the byte order of the machine
 * that made it (a marker tells), columns aligned to 8 bytes, so that they are used as they are.
 *
 *   0  magic, 8 bytes · 8 version · 12 byte-order marker · 16 checksum of the head from byte 24 on (CRC-32) · 20 sections
 *   24 size of the file · 32 size of the blob · 40 size of the tar · 48 compression · 56 digest · 88 diffId · 120 entries
 *   128 checksum of bytes 24 to 128, as they can be read alone · 132 size of the head
 *   136 for each section its offset and its size in bytes (two 64-bit floats)
 *   then for each block of what follows the head its checksum (CRC-32), so that parts of columns can be read alone, too
 */

const magic = Buffer.from("klab-idx");
/** Raise it whenever a layer's index would come out differently: older files are then made again. */
const version = 3;
const byteOrderMark = 0x01020304;
const headCheckedFrom = 24;
const factsChecksumAt = 128;
const headBytesAt = 132;
const tableAt = 136;
/** So many bytes of the file are enough for `decodeFacts`. */
export const factsBytes = tableAt;
/** What is read together with one row that is asked for: small, as rows of one folder may lie far apart. */
export const blockBytes = 8192;
const compressions: readonly Compression[] = ["none", "gzip", "zstd"];

export type ColumnName = Exclude<keyof ColumnData, "digest" | "diffId" | "compression" | "sizeBytes" | "tarBytes">;

export const columnTypes = {
  pathPool: Uint8Array,
  pathStarts: Uint32Array,
  order: Uint32Array,
  kinds: Uint8Array,
  modes: Uint16Array,
  owners: Uint32Array,
  ownerTable: Float64Array,
  sizes: Float64Array,
  mtimeSeconds: Float64Array,
  mtimeNanos: Uint32Array,
  contentOffsets: Float64Array,
  digests: Uint8Array,
  links: Uint32Array,
  linkPool: Uint8Array,
  linkStarts: Uint32Array,
  devices: Uint32Array,
  deviceTable: Float64Array,
  xattrs: Uint32Array,
  xattrPool: Uint8Array,
  xattrStarts: Uint32Array,
  sparse: Uint32Array,
  sparsePool: Float64Array,
  sparseStarts: Uint32Array,
} as const satisfies Record<ColumnName, unknown>;

const columnNames = Object.keys(columnTypes) as ColumnName[];
const checksumsAt = tableAt + columnNames.length * 16;

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

/** The columns of a layer, and what its index file has before them. */
export interface EncodedIndex {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly columns: ColumnData;
}

/** The columns stay where they are: of a million entries they are 120 MB. */
export function encodeColumns(columns: ColumnData): EncodedIndex {
  const columnBytes = columnNames.reduce((sum, name) => sum + align(columns[name].byteLength), 0);
  const head = new Uint8Array(align(checksumsAt + 4 * Math.ceil(columnBytes / blockBytes)));
  const table = new Float64Array(head.buffer, tableAt, columnNames.length * 2);
  let end = head.length;
  for (const [i, name] of columnNames.entries()) {
    table.set([end, columns[name].byteLength], i * 2);
    end = align(end + columns[name].byteLength);
  }
  const view = new DataView(head.buffer);
  head.set(magic, 0);
  new Uint32Array(head.buffer, 8, 4).set([version, byteOrderMark, 0, columnNames.length]);
  new Float64Array(head.buffer, 24, 4).set([
    end,
    columns.sizeBytes,
    columns.tarBytes,
    compressions.indexOf(columns.compression),
  ]);
  head.set(Buffer.from(hexOf(columns.digest), "hex"), 56);
  head.set(Buffer.from(hexOf(columns.diffId), "hex"), 88);
  new Float64Array(head.buffer, 120, 1)[0] = columns.kinds.length;
  view.setUint32(factsChecksumAt, crc32(head.subarray(headCheckedFrom, factsChecksumAt)), littleEndian);
  view.setUint32(headBytesAt, head.length, littleEndian);
  const checksums = blockChecksums(columnParts(columns));
  new Uint32Array(head.buffer, checksumsAt, checksums.length).set(checksums);
  view.setUint32(16, crc32(head.subarray(headCheckedFrom)), littleEndian);
  return { head, columns };
}

/** The whole file, in its parts. */
export function partsOfIndex({ head, columns }: EncodedIndex): Uint8Array[] {
  return [head, ...columnParts(columns)];
}

const zeros = new Uint8Array(8);

function columnParts(columns: ColumnData): Uint8Array[] {
  return columnNames.flatMap(name => {
    const { buffer, byteOffset, byteLength } = columns[name];
    return [new Uint8Array(buffer, byteOffset, byteLength), zeros.subarray(0, align(byteLength) - byteLength)];
  });
}

/** Blocks go on from one part into the next. */
function blockChecksums(parts: readonly Uint8Array[]): number[] {
  const checksums: number[] = [];
  let filled = 0;
  let checksum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const piece = part.subarray(at, at + blockBytes - filled);
      checksum = crc32(piece, checksum);
      at += piece.length;
      filled += piece.length;
      if (filled < blockBytes) continue;
      checksums.push(checksum);
      filled = 0;
      checksum = 0;
    }
  }
  return filled === 0 ? checksums : [...checksums, checksum];
}

/** The memory of the columns, for giving it away. */
export function buffersOf({ head, columns }: EncodedIndex): ArrayBuffer[] {
  return [...new Set([head.buffer, ...columnNames.map(name => columns[name].buffer as ArrayBuffer)])];
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * What the first bytes of an index file say of its layer, or null when they are damaged, or of another version, machine or
 * size of file.
 */
export function decodeFacts(head: Uint8Array<ArrayBuffer>, fileBytes: number): LayerFacts | null {
  if (head.length < factsBytes || !magic.equals(head.subarray(0, magic.length))) return null;
  const [fileVersion, mark, , sections] = new Uint32Array(head.buffer, 8, 4);
  const [size, sizeBytes, tarBytes, compression] = new Float64Array(head.buffer, 24, 4);
  const [entryCount] = new Float64Array(head.buffer, 120, 1);
  const [checksum] = new Uint32Array(head.buffer, factsChecksumAt, 1);
  if (fileVersion !== version || mark !== byteOrderMark || sections !== columnNames.length) return null;
  if (size !== fileBytes || checksum !== crc32(head.subarray(headCheckedFrom, factsChecksumAt))) return null;
  return {
    digest: digestAt(head, 56),
    diffId: digestAt(head, 88) as string as DiffId,
    compression: compressions[compression!]!,
    sizeBytes: sizeBytes!,
    tarBytes: tarBytes!,
    entryCount: entryCount!,
  };
}

/** Where the columns of an index file are, and how they are checked. */
export interface IndexHead {
  readonly facts: LayerFacts;
  /** Where the columns begin. */
  readonly headBytes: number;
  /** Of each block after the head. */
  readonly checksums: Uint32Array;
  readonly sections: Readonly<Record<ColumnName, { readonly start: number; readonly sizeBytes: number }>>;
}

/** How many bytes `decodeHead` needs, or null when the first bytes of the file are not those of an index that can be used. */
export function headBytesOf(start: Uint8Array<ArrayBuffer>, fileBytes: number): number | null {
  if (decodeFacts(start, fileBytes) === null) return null;
  const headBytes = new Uint32Array(start.buffer, headBytesAt, 1)[0]!;
  return headBytes >= checksumsAt && headBytes <= fileBytes ? headBytes : null;
}

/** The whole head of the file (its bytes must start an ArrayBuffer), or null when it is damaged or of another version or machine. */
export function decodeHead(head: Uint8Array<ArrayBuffer>, fileBytes: number): IndexHead | null {
  const facts = decodeFacts(head, fileBytes);
  const headBytes = headBytesOf(head, fileBytes);
  if (facts === null || headBytes === null || head.length < headBytes) return null;
  const [checksum] = new Uint32Array(head.buffer, 16, 1);
  if (checksum !== crc32(head.subarray(headCheckedFrom, headBytes))) return null;
  const table = new Float64Array(head.buffer, tableAt, columnNames.length * 2);
  const sections = columnNames.map((name, i) => [name, { start: table[i * 2]!, sizeBytes: table[i * 2 + 1]! }]);
  return {
    facts,
    headBytes,
    checksums: new Uint32Array(head.buffer, checksumsAt, Math.ceil((fileBytes - headBytes) / blockBytes)),
    sections: Object.fromEntries(sections),
  };
}

/** Whether blocks, which follow each other from number `first` on, are as they were written. */
export function blocksAreWhole(blocks: Uint8Array, first: number, { checksums }: IndexHead): boolean {
  const count = Math.ceil(blocks.length / blockBytes);
  for (let at = 0; at < count; at += 1) if (crc32(blockOf(blocks, at)) !== checksums[first + at]) return false;
  return true;
}

function blockOf(columns: Uint8Array, at: number): Uint8Array {
  return columns.subarray(at * blockBytes, (at + 1) * blockBytes);
}

/**
 * Views over the file's bytes (which must start an ArrayBuffer), or null when its head is damaged or of another version or
 * machine. The blocks are checked by who reads them.
 */
export function decodeColumns(file: Uint8Array<ArrayBuffer>): ColumnData | null {
  const head = decodeHead(file, file.length);
  if (head === null) return null;
  const column = (name: ColumnName) => {
    const type = columnTypes[name];
    const { start, sizeBytes } = head.sections[name];
    return new type(file.buffer, start, sizeBytes / type.BYTES_PER_ELEMENT);
  };
  const { digest, diffId, compression, sizeBytes, tarBytes } = head.facts;
  return {
    digest,
    diffId,
    compression,
    sizeBytes,
    tarBytes,
    ...(Object.fromEntries(columnNames.map(name => [name, column(name)])) as unknown as Pick<ColumnData, ColumnName>),
  };
}

function digestAt(file: Uint8Array, at: number): Digest {
  return digestOfHex(Buffer.from(file.subarray(at, at + 32)).toString("hex"));
}
