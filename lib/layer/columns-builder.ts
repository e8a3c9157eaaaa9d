import type { EntryType } from "../model/entry.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";
import { OwnerTable, RowColumn } from "./column-tables.ts";
import { type CleanName, cleanName } from "./entry-name.ts";
import { GrowingBytes, GrowingNumbers } from "./growing.ts";
import type { TarHeader } from "./header-fields.ts";
import { type ColumnData, kindBits, typeCode } from "./layer-columns.ts";
import { type LayerLimits, tooLarge } from "./limits.ts";
import { orderOfPaths } from "./path-order.ts";
import { encodeXattrs } from "./xattr-set.ts";

const float64 = (length: number) => new Float64Array(length);
const uint32 = (length: number) => new Uint32Array(length);
const uint16 = (length: number) => new Uint16Array(length);
const uint8 = (length: number) => new Uint8Array(length);

/** What the pass over a layer finds out apart from its entries. */
export type LayerFacts = Pick<ColumnData, "digest" | "diffId" | "compression" | "sizeBytes" | "tarBytes">;

/** Collects headers into columns. */
export class ColumnsBuilder {
  readonly #limits: LayerLimits;
  readonly #pathPool = new GrowingBytes();
  readonly #pathStarts = new GrowingNumbers(uint32);
  readonly #kinds = new GrowingNumbers(uint8);
  readonly #modes = new GrowingNumbers(uint16);
  readonly #owners = new OwnerTable();
  readonly #ownerRows = new GrowingNumbers(uint32);
  readonly #sizes = new GrowingNumbers(float64);
  readonly #mtimeSeconds = new GrowingNumbers(float64);
  readonly #mtimeNanos = new GrowingNumbers(uint32);
  readonly #contentOffsets = new GrowingNumbers(float64);
  readonly #digests = new GrowingBytes();
  readonly #links = new RowColumn();
  readonly #linkPool = new GrowingBytes();
  readonly #linkStarts = new GrowingNumbers(uint32);
  readonly #devices = new RowColumn();
  readonly #deviceTable = new GrowingNumbers(float64);
  readonly #xattrs = new RowColumn();
  readonly #xattrPool = new GrowingBytes();
  readonly #xattrStarts = new GrowingNumbers(uint32);
  readonly #xattrRows = new Map<string, number>();
  readonly #sparse = new RowColumn();
  readonly #sparsePool = new GrowingNumbers(float64);
  readonly #sparseStarts = new GrowingNumbers(uint32);
  readonly #name: CleanName = { length: 0, kind: "plain", unsafe: false };

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  get entryCount(): number {
    return this.#kinds.length;
  }

  /** Whether the entry that was added last has content. */
  get lastIsFile(): boolean {
    return (this.#kinds.at(this.entryCount - 1) & kindBits.type) === typeCode.file;
  }

  add(header: TarHeader): void {
    const type = typeOf(header.typeflag);
    const position = this.#kinds.length;
    const kind = typeCode[type] | this.#addPath(header, type);
    this.#kinds.push(kind);
    this.#modes.push(header.mode);
    this.#ownerRows.push(this.#owners.row(header.uid, header.gid));
    this.#sizes.push(type === "file" ? header.sizeBytes : 0);
    this.#mtimeSeconds.push(header.mtimeSeconds);
    this.#mtimeNanos.push(header.mtimeNanos);
    this.#contentOffsets.push(header.contentOffset);
    this.#addNoDigest();
    if (type === "symlink" || type === "hardlink") this.#addLink(position, type, header);
    if (type === "char" || type === "block") this.#addDevice(position, header.major, header.minor);
    if (header.xattrs !== null) this.#addXattrs(position, header.xattrs, header.headerOffset);
    if (header.sparse !== null) this.#addSparse(position, header.sparse, header.headerOffset);
  }

  /** Sets the content digest of the entry that was added last. */
  setDigest(digest: Uint8Array): void {
    const view = this.#digests.reserve(0);
    const start = this.#digests.length - 32;
    for (let i = 0; i < 32; i += 1) view[start + i] = digest[i]!;
  }

  finish(facts: LayerFacts): ColumnData {
    this.#pathStarts.push(this.#pathPool.length);
    this.#linkStarts.push(this.#linkPool.length);
    this.#xattrStarts.push(this.#xattrPool.length);
    this.#sparseStarts.push(this.#sparsePool.length);
    const pathPool = this.#pathPool.view();
    const pathStarts = this.#pathStarts.view();
    return {
      ...facts,
      pathPool,
      pathStarts,
      order: orderOfPaths(pathPool, pathStarts),
      kinds: this.#kinds.view(),
      modes: this.#modes.view(),
      owners: this.#ownerRows.view(),
      ownerTable: this.#owners.view(),
      sizes: this.#sizes.view(),
      mtimeSeconds: this.#mtimeSeconds.view(),
      mtimeNanos: this.#mtimeNanos.view(),
      contentOffsets: this.#contentOffsets.view(),
      digests: this.#digests.view(),
      links: this.#links.view(this.entryCount),
      linkPool: this.#linkPool.view(),
      linkStarts: this.#linkStarts.view(),
      devices: this.#devices.view(this.entryCount),
      deviceTable: this.#deviceTable.view(),
      xattrs: this.#xattrs.view(this.entryCount),
      xattrPool: this.#xattrPool.view(),
      xattrStarts: this.#xattrStarts.view(),
      sparse: this.#sparse.view(this.entryCount),
      sparsePool: this.#sparsePool.view(),
      sparseStarts: this.#sparseStarts.view(),
    };
  }

  /** @returns the bits of `kinds` that the name decides. */
  #addPath(header: TarHeader, type: EntryType): number {
    this.#checkPool(this.#pathPool, header.nameLength, header.headerOffset);
    this.#pathStarts.push(this.#pathPool.length);
    const start = this.#pathPool.length;
    const pool = this.#pathPool.reserve(header.nameLength + 2);
    cleanName(header.name, header.nameLength, pool.subarray(start), this.#name);
    pool[start + this.#name.length] = 0;
    this.#pathPool.length = start + this.#name.length + 1;
    // The root itself can only be a folder, whatever the tar says.
    const impossible = this.#name.length === 0 && this.#name.kind === "plain" && type !== "dir";
    const name = impossible ? kindBits.ignored : nameBits[this.#name.kind];
    return name | (this.#name.unsafe ? kindBits.unsafe : 0);
  }

  #addNoDigest(): void {
    const start = this.#digests.length;
    this.#digests.reserve(32).fill(0, start, start + 32);
    this.#digests.length = start + 32;
  }

  #addLink(position: number, type: EntryType, header: TarHeader): void {
    this.#checkPool(this.#linkPool, header.linkLength, header.headerOffset);
    this.#linkStarts.push(this.#linkPool.length);
    if (type === "symlink") {
      this.#linkPool.append(header.link, 0, header.linkLength);
    } else {
      const start = this.#linkPool.length;
      const pool = this.#linkPool.reserve(header.linkLength + 1);
      this.#linkPool.length += cleanPathInto(header.link, header.linkLength, pool.subarray(start));
    }
    this.#links.set(position, this.#linkStarts.length);
  }

  #addDevice(position: number, major: number, minor: number): void {
    this.#deviceTable.push(major);
    this.#deviceTable.push(minor);
    this.#devices.set(position, this.#deviceTable.length / 2);
  }

  #addXattrs(position: number, xattrs: ReadonlyMap<string, Uint8Array>, offset: number): void {
    const bytes = encodeXattrs(xattrs);
    const key = bytes.toString("latin1");
    let row = this.#xattrRows.get(key);
    if (row === undefined) {
      const limit = this.#limits.xattrBytes;
      if (this.#xattrPool.length + bytes.length > limit) throw tooLarge("bytes of extended attributes", limit, offset);
      this.#xattrStarts.push(this.#xattrPool.length);
      this.#xattrPool.append(bytes);
      row = this.#xattrStarts.length;
      this.#xattrRows.set(key, row);
    }
    this.#xattrs.set(position, row);
  }

  #addSparse(position: number, pieces: Float64Array, offset: number): void {
    const limit = this.#limits.sparsePieces;
    if ((this.#sparsePool.length + pieces.length) / 2 > limit) throw tooLarge("pieces of sparse files", limit, offset);
    this.#sparseStarts.push(this.#sparsePool.length);
    for (const number of pieces) this.#sparsePool.push(number);
    this.#sparse.set(position, this.#sparseStarts.length);
  }

  #checkPool(pool: GrowingBytes, more: number, offset: number): void {
    const limit = this.#limits.poolBytes;
    if (pool.length + more + 2 > limit) throw tooLarge("bytes of names", limit, offset);
  }
}

const nameBits = {
  plain: 0,
  whiteout: kindBits.whiteout,
  opaque: kindBits.opaque,
  ignored: kindBits.ignored,
} as const;

function typeOf(typeflag: number): EntryType {
  switch (typeflag) {
    case 0x31:
      return "hardlink";
    case 0x32:
      return "symlink";
    case 0x33:
      return "char";
    case 0x34:
      return "block";
    case 0x35:
    // GNU's folder with a listing as content.
    case 0x44:
      return "dir";
    case 0x36:
      return "fifo";
    default:
      return "file";
  }
}

/** Clean path of a hard link's target: like an entry's name, but whiteouts mean nothing there. */
function cleanPathInto(link: Uint8Array, length: number, into: Uint8Array): number {
  const parts: string[] = [];
  for (const part of pathFromBytes(link.subarray(0, length)).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const bytes = bytesOfPath(parts.join("/"));
  into.set(bytes);
  return bytes.length;
}
