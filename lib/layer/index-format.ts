import { crc32 } from "node:zlib";
import { type DiffId, type Digest, digestOfHex, hexOf } from "../model/digest.ts";
import type { Compression, LayerFacts } from "../model/layer-index.ts";
import type { ColumnData } from "./layer-columns.ts";

/**
 * The index file: a fixed header, a table of sections, the columns. All numbers in the byte order of the machine that made
 * it (a marker tells), columns aligned to 8 bytes, so that they are used as they are.
 *
 *   0  magic, 8 bytes · 8 version · 12 byte-order marker · 16 checksum of everything from byte 24 on (CRC-32) · 20 sections
 *   24 size of the file · 32 size of the blob · 40 size of the tar · 48 compression · 56 digest · 88 diffId · 120 entries
 *   128 checksum of bytes 24 to 128, as they can be read alone
 *   136 for each section its offset and its size in bytes (two 64-bit floats)
 */

const magic = Buffer.from("klab-idx");
/** Raise it whenever a layer's index would come out differently: older files are then made again. */
const version = 2;
const byteOrderMark = 0x01020304;
/** The checksum is that of all bytes from here on. */
export const checkedFrom = 24;
const factsChecksumAt = 128;
const tableAt = 136;
/** So many bytes of the file are enough for `decodeFacts`. */
export const factsBytes = tableAt;
const compressions: readonly Compression[] = ["none", "gzip", "zstd"];

type ColumnName = Exclude<keyof ColumnData, "digest" | "diffId" | "compression" | "sizeBytes" | "tarBytes">;

const columnTypes = {
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
const columnsAt = align(tableAt + columnNames.length * 16);

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
  const head = new Uint8Array(columnsAt);
  const table = new Float64Array(head.buffer, tableAt, columnNames.length * 2);
  let end = columnsAt;
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
  view.setUint32(factsChecksumAt, crc32(head.subarray(checkedFrom, factsChecksumAt)), littleEndian);
  let checksum = crc32(head.subarray(checkedFrom));
  for (const part of columnParts(columns)) checksum = crc32(part, checksum);
  view.setUint32(16, checksum, littleEndian);
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
  if (size !== fileBytes || checksum !== crc32(head.subarray(checkedFrom, factsChecksumAt))) return null;
  return {
    digest: digestAt(head, 56),
    diffId: digestAt(head, 88) as string as DiffId,
    compression: compressions[compression!]!,
    sizeBytes: sizeBytes!,
    tarBytes: tarBytes!,
    entryCount: entryCount!,
  };
}

/**
 * Views over the file's bytes (which must start an ArrayBuffer), or null when it is damaged or of another version or machine.
 * @param checksum of the bytes from `checkedFrom` on, as they were read; null: it is not compared.
 */
export function decodeColumns(file: Uint8Array<ArrayBuffer>, checksum: number | null): ColumnData | null {
  const facts = file.length < columnsAt ? null : decodeFacts(file, file.length);
  if (facts === null) return null;
  const [fileChecksum] = new Uint32Array(file.buffer, 16, 1);
  if (fileChecksum !== (checksum ?? fileChecksum)) return null;
  const table = new Float64Array(file.buffer, tableAt, columnNames.length * 2);
  const column = (name: ColumnName) => {
    const i = columnNames.indexOf(name);
    const type = columnTypes[name];
    return new type(file.buffer, table[i * 2]!, table[i * 2 + 1]! / type.BYTES_PER_ELEMENT);
  };
  return {
    digest: facts.digest,
    diffId: facts.diffId,
    compression: facts.compression,
    sizeBytes: facts.sizeBytes,
    tarBytes: facts.tarBytes,
    ...(Object.fromEntries(columnNames.map(name => [name, column(name)])) as unknown as Pick<ColumnData, ColumnName>),
  };
}

function digestAt(file: Uint8Array, at: number): Digest {
  return digestOfHex(Buffer.from(file.subarray(at, at + 32)).toString("hex"));
}
