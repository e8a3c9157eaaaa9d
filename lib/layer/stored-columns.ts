import type { EntryType } from "../model/entry.ts";
import type { LayerFacts } from "../model/layer-index.ts";
import { type ColumnName, columnTypes } from "./index-format.ts";
import { IndexPages, PageBuffer, UnreadableIndex } from "./index-pages.ts";
import { type ColumnData, entryTypes, kindBits, LayerColumns, typeCode } from "./layer-columns.ts";
import { PathSlice } from "./path-slices.ts";

/** So many paths are read and searched together: some ten kilobytes, which fit the processor's cache. */
const pathsPerRead = 2048;

/** Columns with a row for every entry that are taken as they are. */
const plainColumns = [
  "kinds",
  "modes",
  "owners",
  "sizes",
  "mtimeSeconds",
  "mtimeNanos",
  "contentOffsets",
  "digests",
] as const;

const digestBytes = 32;

export interface EntrySummary {
  readonly type: EntryType;
  readonly isWhiteout: boolean;
  readonly sizeBytes: number;
}

/** A layer's columns in their index file: only the rows that are asked for are read. */
export class StoredColumns {
  readonly #pages: IndexPages;
  readonly #numbers = new Uint32Array(2);
  readonly #numberBytes = new Uint8Array(this.#numbers.buffer);
  readonly #kinds = new PageBuffer();
  readonly #sizes = new PageBuffer();

  private constructor(pages: IndexPages) {
    this.#pages = pages;
  }

  /** Null when there is no index that can be used. Close it; every other method throws `UnreadableIndex` when it is damaged. */
  static open(indexFile: string): StoredColumns | null {
    const pages = IndexPages.open(indexFile);
    return pages === null ? null : new StoredColumns(pages);
  }

  close(): void {
    this.#pages.close();
  }

  get facts(): LayerFacts {
    return this.#pages.facts;
  }

  get entryCount(): number {
    return this.#pages.facts.entryCount;
  }

  get hasLinks(): boolean {
    return this.#pages.sizeOf("links") > 0;
  }

  /** As in `ColumnData`. */
  kind(position: number): number {
    const byte = this.#numberBytes.subarray(0, 1);
    this.#pages.copy("kinds", position, byte);
    return byte[0]!;
  }

  /** What a search shows besides paths, of the entries from one on; good until it is asked again. */
  summaries(from: number, count: number): (position: number) => EntrySummary {
    const kinds = this.#pages.read("kinds", from, from + count, this.#kinds);
    const sizeBytes = this.#pages.read("sizes", from * 8, (from + count) * 8, this.#sizes);
    const sizes = new Float64Array(sizeBytes.buffer, sizeBytes.byteOffset, count);
    return position => {
      const kind = kinds[position - from]!;
      const name = kind & kindBits.name;
      return {
        type: entryTypes[kind & kindBits.type]!,
        isWhiteout: name === kindBits.whiteout || name === kindBits.opaque,
        sizeBytes: sizes[position - from]!,
      };
    };
  }

  /** The entry at a place in the order of paths. */
  inOrder(rank: number): number {
    this.#pages.copy("order", rank * 4, this.#numberBytes.subarray(0, 4));
    return this.#numbers[0]!;
  }

  /** A copy. */
  pathBytes(position: number): Uint8Array {
    this.#pages.copy("pathStarts", position * 4, this.#numberBytes);
    return this.#piece("pathPool", this.#numbers[0]!, this.#numbers[1]! - 1);
  }

  /** A copy of the link's bytes, or null. */
  linkBytes(position: number): Uint8Array | null {
    if (!this.hasLinks) return null;
    this.#pages.copy("links", position * 4, this.#numberBytes.subarray(0, 4));
    const row = this.#numbers[0]!;
    return row === 0 ? null : this.#pieceOfRow("linkStarts", "linkPool", row, 1);
  }

  /** Positions of symbolic and hard links, or null when there are more than `most`. */
  linkPositions(most: number): number[] | null {
    const positions: number[] = [];
    if (!this.hasLinks) return positions;
    const kinds = this.#pages.read("kinds", 0, this.entryCount, new PageBuffer());
    for (let position = 0; position < kinds.length; position += 1) {
      const kind = kinds[position]! & (kindBits.type | kindBits.name);
      if (kind !== typeCode.symlink && kind !== typeCode.hardlink) continue;
      if (positions.length === most) return null;
      positions.push(position);
    }
    return positions;
  }

  /** All paths in the order of the tar; each slice is good until the next one is asked for. */
  *slices(): Generator<PathSlice, void, void> {
    const [starts, paths] = [new PageBuffer(), new PageBuffer()];
    for (let at = 0; at < this.entryCount; at += pathsPerRead) {
      const to = Math.min(this.entryCount, at + pathsPerRead);
      const bytes = this.#pages.read("pathStarts", at * 4, (to + 1) * 4, starts);
      const pathStarts = new Uint32Array(bytes.buffer, bytes.byteOffset, to + 1 - at);
      const [first, end] = [pathStarts[0]!, pathStarts[to - at]!];
      yield new PathSlice(this.#pages.read("pathPool", first, end, paths), pathStarts, at);
    }
  }

  /**
   * Some entries as columns of their own.
   * @param positions ascending
   * @param order of these entries by their paths, as numbers of `positions`
   */
  take(positions: Uint32Array, order: Uint32Array): LayerColumns {
    const rows = Object.fromEntries(plainColumns.map(name => [name, this.#rows(name, positions)]));
    const { digest, diffId, compression, sizeBytes, tarBytes } = this.facts;
    return new LayerColumns({
      digest,
      diffId,
      compression,
      sizeBytes,
      tarBytes,
      ...(rows as Pick<ColumnData, (typeof plainColumns)[number]>),
      order,
      ...this.#paths(positions),
      ownerTable: this.#ownerTable(),
      ...this.#links(positions),
      ...this.#devices(positions),
      ...this.#xattrs(positions),
      ...this.#sparse(positions),
    });
  }

  #paths(positions: Uint32Array): Pick<ColumnData, "pathPool" | "pathStarts"> {
    const pieces = Array.from(positions, position => this.#pathWithNul(position));
    return { pathPool: joined(pieces), pathStarts: startsOf(pieces) };
  }

  #pathWithNul(position: number): Uint8Array {
    this.#pages.copy("pathStarts", position * 4, this.#numberBytes);
    return this.#piece("pathPool", this.#numbers[0]!, this.#numbers[1]!);
  }

  #links(positions: Uint32Array): Pick<ColumnData, "links" | "linkPool" | "linkStarts"> {
    const { rows, pieces } = this.#table("links", positions, row => this.#pieceOfRow("linkStarts", "linkPool", row, 1));
    return { links: rows, linkPool: joined(pieces), linkStarts: startsOf(pieces) };
  }

  #devices(positions: Uint32Array): Pick<ColumnData, "devices" | "deviceTable"> {
    const numbers = (row: number) => this.#piece("deviceTable", (row - 1) * 16, row * 16);
    const { rows, pieces } = this.#table("devices", positions, numbers);
    return { devices: rows, deviceTable: new Float64Array(joined(pieces).buffer) };
  }

  #xattrs(positions: Uint32Array): Pick<ColumnData, "xattrs" | "xattrPool" | "xattrStarts"> {
    const set = (row: number) => this.#pieceOfRow("xattrStarts", "xattrPool", row, 1);
    const { rows, pieces } = this.#table("xattrs", positions, set);
    return { xattrs: rows, xattrPool: joined(pieces), xattrStarts: startsOf(pieces) };
  }

  #sparse(positions: Uint32Array): Pick<ColumnData, "sparse" | "sparsePool" | "sparseStarts"> {
    const map = (row: number) => this.#pieceOfRow("sparseStarts", "sparsePool", row, 8);
    const { rows, pieces } = this.#table("sparse", positions, map);
    const starts = startsOf(pieces).map(start => start / 8);
    return { sparse: rows, sparsePool: new Float64Array(joined(pieces).buffer), sparseStarts: starts };
  }

  /** An optional column of rows of a table, with only those rows of it that are needed, each once. */
  #table(
    column: "links" | "devices" | "xattrs" | "sparse",
    positions: Uint32Array,
    pieceOf: (row: number) => Uint8Array,
  ): { rows: Uint32Array; pieces: Uint8Array[] } {
    if (this.#pages.sizeOf(column) === 0) return { rows: new Uint32Array(0), pieces: [] };
    const pieces: Uint8Array[] = [];
    const taken = new Map([[0, 0]]);
    const rows = this.#rows(column, positions).map(row => {
      if (!taken.has(row)) taken.set(row, pieces.push(pieceOf(row)));
      return taken.get(row)!;
    });
    return { rows: rows as Uint32Array, pieces };
  }

  #rows<Name extends (typeof plainColumns)[number] | "links" | "devices" | "xattrs" | "sparse">(
    name: Name,
    positions: Uint32Array,
  ): ColumnData[Name] {
    const type = columnTypes[name];
    const rowBytes = name === "digests" ? digestBytes : type.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(positions.length * rowBytes);
    for (let from = 0, to = 0; from < positions.length; from = to) {
      to = from + 1;
      while (to < positions.length && positions[to] === positions[to - 1]! + 1) to += 1;
      this.#pages.copy(name, positions[from]! * rowBytes, bytes.subarray(from * rowBytes, to * rowBytes));
    }
    return new type(bytes.buffer) as ColumnData[Name];
  }

  #ownerTable(): Float64Array {
    const bytes = new Uint8Array(this.#pages.sizeOf("ownerTable"));
    this.#pages.copy("ownerTable", 0, bytes);
    return new Float64Array(bytes.buffer);
  }

  /** What belongs to a row of a table, which count from 1. */
  #pieceOfRow(
    starts: "linkStarts" | "xattrStarts" | "sparseStarts",
    pool: "linkPool" | "xattrPool" | "sparsePool",
    row: number,
    bytesEach: number,
  ): Uint8Array {
    this.#pages.copy(starts, (row - 1) * 4, this.#numberBytes);
    return this.#piece(pool, this.#numbers[0]! * bytesEach, this.#numbers[1]! * bytesEach);
  }

  #piece(column: ColumnName, from: number, to: number): Uint8Array {
    if (!(to >= from)) throw new UnreadableIndex();
    const bytes = new Uint8Array(to - from);
    this.#pages.copy(column, from, bytes);
    return bytes;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Where each piece begins when they are joined; one more at the end. */
function startsOf(pieces: readonly Uint8Array[]): Uint32Array {
  const starts = new Uint32Array(pieces.length + 1);
  for (const [i, piece] of pieces.entries()) starts[i + 1] = starts[i]! + piece.length;
  return starts;
}
