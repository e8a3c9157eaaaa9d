import { type DiffId, type Digest, digestOfHex } from "../model/digest.ts";
import type { Entry, EntryType, Whiteout } from "../model/entry.ts";
import type { Compression, LayerIndex } from "../model/layer-index.ts";
import { pathFromBytes } from "../model/path-text.ts";
import type { SparsePieces } from "./sparse-map.ts";
import { decodeXattrs } from "./xattr-set.ts";

/**
 * A layer's index as columns: one typed array for each fact, one row for each entry, all over the bytes of the index file.
 * Nothing is decoded before it is asked for.
 */

export const entryTypes: readonly EntryType[] = ["file", "dir", "symlink", "hardlink", "char", "block", "fifo"];
export const typeCode = { file: 0, dir: 1, symlink: 2, hardlink: 3, char: 4, block: 5, fifo: 6 } as const;

/** The bits of the `kinds` column: 0–2 the type, 3–4 the kind of the name, 5 whether the name was unsafe. */
export const kindBits = { type: 0x07, name: 0x18, whiteout: 0x08, opaque: 0x10, ignored: 0x18, unsafe: 0x20 } as const;

/** Raw columns. An optional column is empty when it would hold only zeros; rows of tables count from 1, 0 is none. */
export interface ColumnData {
  readonly digest: Digest;
  readonly diffId: DiffId;
  readonly compression: Compression;
  readonly sizeBytes: number;
  readonly tarBytes: number;
  /** All paths, a NUL after each. */
  readonly pathPool: Uint8Array;
  /** Start of each path; one more at the end. */
  readonly pathStarts: Uint32Array;
  /** Positions in the order of the paths (`orderOfPaths`). */
  readonly order: Uint32Array;
  readonly kinds: Uint8Array;
  readonly modes: Uint16Array;
  /** Row of `ownerTable`, which has uid and gid for each. */
  readonly owners: Uint32Array;
  readonly ownerTable: Float64Array;
  readonly sizes: Float64Array;
  readonly mtimeSeconds: Float64Array;
  readonly mtimeNanos: Uint32Array;
  readonly contentOffsets: Float64Array;
  /** 32 bytes each, zeros where there is no digest. */
  readonly digests: Uint8Array;
  /** Optional: row of the link table. */
  readonly links: Uint32Array;
  readonly linkPool: Uint8Array;
  readonly linkStarts: Uint32Array;
  /** Optional: row of the device table, which has major and minor for each. */
  readonly devices: Uint32Array;
  readonly deviceTable: Float64Array;
  /** Optional: row of the table of sets of extended attributes. */
  readonly xattrs: Uint32Array;
  readonly xattrPool: Uint8Array;
  readonly xattrStarts: Uint32Array;
  /** Optional: row of the table of sparse maps. */
  readonly sparse: Uint32Array;
  readonly sparsePool: Float64Array;
  readonly sparseStarts: Uint32Array;
}

const noDigest = Buffer.alloc(32);

export class LayerColumns implements LayerIndex {
  readonly data: ColumnData;

  constructor(data: ColumnData) {
    this.data = data;
  }

  get digest(): Digest {
    return this.data.digest;
  }

  get diffId(): DiffId {
    return this.data.diffId;
  }

  get compression(): Compression {
    return this.data.compression;
  }

  get sizeBytes(): number {
    return this.data.sizeBytes;
  }

  get tarBytes(): number {
    return this.data.tarBytes;
  }

  get entryCount(): number {
    return this.data.kinds.length;
  }

  entry(position: number): Entry {
    this.#check(position);
    return new EntryView(this, position);
  }

  path(position: number): string {
    this.#check(position);
    return pathFromBytes(this.pathBytes(position));
  }

  /** A view, not a copy. */
  pathBytes(position: number): Uint8Array {
    const { pathPool, pathStarts } = this.data;
    return pathPool.subarray(pathStarts[position]!, pathStarts[position + 1]! - 1);
  }

  type(position: number): EntryType {
    return entryTypes[this.data.kinds[position]! & kindBits.type]!;
  }

  whiteout(position: number): Whiteout | null {
    const name = this.data.kinds[position]! & kindBits.name;
    return name === kindBits.whiteout ? "path" : name === kindBits.opaque ? "opaque" : null;
  }

  /** Whether the entry's name is one that no engine unpacks: bookkeeping of AUFS, or a whiteout of nothing. */
  isIgnored(position: number): boolean {
    return (this.data.kinds[position]! & kindBits.name) === kindBits.ignored;
  }

  /** Whether the name in the tar was absolute or had a `..`. */
  hasUnsafeName(position: number): boolean {
    return (this.data.kinds[position]! & kindBits.unsafe) !== 0;
  }

  uid(position: number): number {
    return this.data.ownerTable[this.data.owners[position]! * 2]!;
  }

  gid(position: number): number {
    return this.data.ownerTable[this.data.owners[position]! * 2 + 1]!;
  }

  mtimeNs(position: number): bigint {
    return BigInt(this.data.mtimeSeconds[position]!) * 1_000_000_000n + BigInt(this.data.mtimeNanos[position]!);
  }

  /** The link's bytes, or null: a view, not a copy. */
  linkBytes(position: number): Uint8Array | null {
    const row = this.data.links[position] ?? 0;
    if (row === 0) return null;
    return this.data.linkPool.subarray(this.data.linkStarts[row - 1]!, this.data.linkStarts[row]!);
  }

  linkTarget(position: number): string | null {
    const bytes = this.linkBytes(position);
    return bytes === null ? null : pathFromBytes(bytes);
  }

  /** 32 bytes, a view; null where there is no digest. */
  contentDigestBytes(position: number): Buffer | null {
    const { digests } = this.data;
    const bytes = Buffer.from(digests.buffer, digests.byteOffset + position * 32, 32);
    return bytes.equals(noDigest) ? null : bytes;
  }

  contentDigest(position: number): Digest | null {
    const bytes = this.contentDigestBytes(position);
    return bytes === null ? null : digestOfHex(bytes.toString("hex"));
  }

  /** The encoded set of extended attributes, for comparing; empty when there are none. */
  xattrBytes(position: number): Uint8Array {
    const row = this.data.xattrs[position] ?? 0;
    if (row === 0) return noDigest.subarray(0, 0);
    return this.data.xattrPool.subarray(this.data.xattrStarts[row - 1]!, this.data.xattrStarts[row]!);
  }

  xattrs(position: number): ReadonlyMap<string, Uint8Array> | null {
    const bytes = this.xattrBytes(position);
    return bytes.length === 0 ? null : decodeXattrs(bytes);
  }

  device(position: number): { major: number; minor: number } | null {
    const row = this.data.devices[position] ?? 0;
    if (row === 0) return null;
    return { major: this.data.deviceTable[row * 2 - 2]!, minor: this.data.deviceTable[row * 2 - 1]! };
  }

  /** Stored parts of a sparse file, or null when all of it is stored. */
  sparsePieces(position: number): SparsePieces | null {
    const row = this.data.sparse[position] ?? 0;
    if (row === 0) return null;
    return this.data.sparsePool.subarray(this.data.sparseStarts[row - 1]!, this.data.sparseStarts[row]!);
  }

  #check(position: number): void {
    if (!(position >= 0 && position < this.entryCount)) {
      throw new RangeError(`no entry ${position} in a layer of ${this.entryCount}`);
    }
  }
}

/** Decodes one row when it is asked for; the getters make rows of a million entries cheap. */
class EntryView implements Entry {
  readonly #columns: LayerColumns;
  readonly #position: number;

  constructor(columns: LayerColumns, position: number) {
    this.#columns = columns;
    this.#position = position;
  }

  get path() {
    return this.#columns.path(this.#position);
  }
  get type() {
    return this.#columns.type(this.#position);
  }
  get whiteout() {
    return this.#columns.whiteout(this.#position);
  }
  get mode() {
    return this.#columns.data.modes[this.#position]!;
  }
  get uid() {
    return this.#columns.uid(this.#position);
  }
  get gid() {
    return this.#columns.gid(this.#position);
  }
  get sizeBytes() {
    return this.#columns.data.sizes[this.#position]!;
  }
  get mtimeNs() {
    return this.#columns.mtimeNs(this.#position);
  }
  get linkTarget() {
    return this.#columns.linkTarget(this.#position);
  }
  get contentDigest() {
    return this.#columns.contentDigest(this.#position);
  }
  get xattrs() {
    return this.#columns.xattrs(this.#position);
  }
  get device() {
    return this.#columns.device(this.#position);
  }
  get contentOffset() {
    return this.#columns.data.contentOffsets[this.#position]!;
  }
}
