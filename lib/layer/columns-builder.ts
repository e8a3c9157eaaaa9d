import type { LayerFacts } from "../model/layer-index.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";
import { OwnerTable, RowColumn } from "./column-tables.ts";
import { EntryColumns } from "./entry-columns.ts";
import { type CleanName, cleanName, copyCleanName } from "./entry-name.ts";
import { GrowingBytes, GrowingNumbers } from "./growing.ts";
import type { TarHeader } from "./header-fields.ts";
import { type ColumnData, kindBits, typeCode } from "./layer-columns.ts";
import { type LayerLimits, tooLarge } from "./limits.ts";
import { comparePaths, orderOfPaths, orderOfTar } from "./path-order.ts";
import type { PlainRows } from "./plain-entries.ts";
import { encodeXattrs } from "./xattr-set.ts";

const float64 = (length: number) => new Float64Array(length);
const uint32 = (length: number) => new Uint32Array(length);

/** Collects headers into columns. */
export class ColumnsBuilder {
  readonly #limits: LayerLimits;
  readonly #pathPool = new GrowingBytes();
  readonly #entries = new EntryColumns();
  /** Whether the tar has its paths in the order of trees, as most have: told while they are at hand. */
  #isInOrder = true;
  #lastPathStart = 0;
  readonly #owners = new OwnerTable();
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
    return this.#entries.length;
  }

  /** Whether the entry that was added last has content. */
  get lastIsFile(): boolean {
    return (this.#entries.kind(this.entryCount - 1) & kindBits.type) === typeCode.file;
  }

  add(header: TarHeader): void {
    const type = typeOf(header.typeflag);
    const position = this.#entries.length;
    const pathStart = this.#pathPool.length;
    const kind = type | this.#addPath(header, type);
    this.#checkOrder(pathStart, this.#pathPool.length);
    const owner = this.#owners.row(header.uid, header.gid);
    this.#entries.add(header, pathStart, kind, owner, type === typeCode.file ? header.sizeBytes : 0);
    if (type === typeCode.symlink || type === typeCode.hardlink) this.#addLink(position, type, header);
    if (type === typeCode.char || type === typeCode.block) this.#addDevice(position, header.major, header.minor);
    if (header.xattrs !== null) this.#addXattrs(position, header.xattrs, header.headerOffset);
    if (header.sparse !== null) this.#addSparse(position, header.sparse, header.headerOffset);
  }

  /** How many paths of a hundred bytes there is room for in any case. */
  get plainRoom(): number {
    return Math.max(0, Math.floor((this.#limits.poolBytes - this.#pathPool.length) / 128));
  }

  /** Where the next path starts. */
  get pathStart(): number {
    return this.#pathPool.length;
  }

  addPlain(rows: PlainRows): void {
    const poolStart = this.#pathPool.length;
    this.#pathPool.reserve(rows.paths.length).set(rows.paths, poolStart);
    this.#pathPool.length = poolStart + rows.paths.length;
    for (let row = 0; row < rows.count && this.#isInOrder; row += 1) {
      this.#checkOrder(rows.pathStarts[row]!, rows.pathStarts[row + 1] ?? this.#pathPool.length);
    }
    this.#lastPathStart = rows.pathStarts[rows.count - 1]!;
    this.#entries.addRows(rows, this.#owners.row(rows.uid, rows.gid));
  }

  /** Sets the content digest of an entry: 32 bytes. */
  setDigest(digest: Uint8Array, position = this.entryCount - 1, from = 0): void {
    this.#entries.setDigest(position, digest, from);
  }

  finish(facts: Omit<LayerFacts, "entryCount">): ColumnData {
    this.#linkStarts.push(this.#linkPool.length);
    this.#xattrStarts.push(this.#xattrPool.length);
    this.#sparseStarts.push(this.#sparsePool.length);
    const pathPool = this.#pathPool.view();
    const entries = this.#entries.finish(pathPool.length);
    return {
      ...facts,
      ...entries,
      pathPool,
      order: this.#isInOrder ? orderOfTar(this.entryCount) : orderOfPaths(pathPool, entries.pathStarts),
      ownerTable: this.#owners.view(),
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
  #addPath(header: TarHeader, type: number): number {
    this.#checkPool(this.#pathPool, header.nameLength, header.headerOffset);
    const start = this.#pathPool.length;
    const pool = this.#pathPool.reserve(header.nameLength + 2);
    const length = copyCleanName(header.name, header.nameLength, pool, start);
    if (length > 0) {
      pool[start + length] = 0;
      this.#pathPool.length = start + length + 1;
      return 0;
    }
    cleanName(header.name, header.nameLength, pool.subarray(start), this.#name);
    pool[start + this.#name.length] = 0;
    this.#pathPool.length = start + this.#name.length + 1;
    // The root itself can only be a folder, whatever the tar says.
    const impossible = this.#name.length === 0 && this.#name.kind === "plain" && type !== typeCode.dir;
    const name = impossible ? kindBits.ignored : nameBits[this.#name.kind];
    return name | (this.#name.unsafe ? kindBits.unsafe : 0);
  }

  #checkOrder(start: number, end: number): void {
    const last = this.#lastPathStart;
    this.#lastPathStart = start;
    if (!this.#isInOrder || start === 0) return;
    const pool = this.#pathPool.reserve(0);
    this.#isInOrder = comparePaths(pool, last, start - 1, pool, start, end - 1) <= 0;
  }

  #addLink(position: number, type: number, header: TarHeader): void {
    this.#checkPool(this.#linkPool, header.linkLength, header.headerOffset);
    this.#linkStarts.push(this.#linkPool.length);
    if (type === typeCode.symlink) {
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

/** As in `typeCode`. */
function typeOf(typeflag: number): number {
  switch (typeflag) {
    case 0x31:
      return typeCode.hardlink;
    case 0x32:
      return typeCode.symlink;
    case 0x33:
      return typeCode.char;
    case 0x34:
      return typeCode.block;
    case 0x35:
    // GNU's folder with a listing as content.
    case 0x44:
      return typeCode.dir;
    case 0x36:
      return typeCode.fifo;
    default:
      return typeCode.file;
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
