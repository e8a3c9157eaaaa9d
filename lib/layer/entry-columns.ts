import type { TarHeader } from "./header-fields.ts";
import type { ColumnData } from "./layer-columns.ts";
import type { PlainRows } from "./plain-entries.ts";

const digestBytes = 32;

/** The columns that have a row for every entry. They grow together: one check for each entry, and then only stores. */
export class EntryColumns {
  #capacity = 1024;
  /** How many entries there are. */
  length = 0;
  #pathStarts = new Uint32Array(this.#capacity + 1);
  #kinds = new Uint8Array(this.#capacity);
  #modes = new Uint16Array(this.#capacity);
  #owners = new Uint32Array(this.#capacity);
  #sizes = new Float64Array(this.#capacity);
  #mtimeSeconds = new Float64Array(this.#capacity);
  #mtimeNanos = new Uint32Array(this.#capacity);
  #contentOffsets = new Float64Array(this.#capacity);
  #digests = new Uint8Array(this.#capacity * digestBytes);

  add(header: TarHeader, pathStart: number, kind: number, owner: number, sizeBytes: number): void {
    const at = this.length;
    if (at === this.#capacity) this.#grow();
    this.#pathStarts[at] = pathStart;
    this.#kinds[at] = kind;
    this.#modes[at] = header.mode;
    this.#owners[at] = owner;
    this.#sizes[at] = sizeBytes;
    this.#mtimeSeconds[at] = header.mtimeSeconds;
    this.#mtimeNanos[at] = header.mtimeNanos;
    this.#contentOffsets[at] = header.contentOffset;
    this.length = at + 1;
  }

  addRows(rows: PlainRows, owner: number): void {
    const at = this.length;
    const end = at + rows.count;
    while (end > this.#capacity) this.#grow();
    this.#pathStarts.set(rows.pathStarts, at);
    this.#kinds.set(rows.kinds, at);
    this.#modes.set(rows.modes, at);
    this.#owners.fill(owner, at, end);
    this.#sizes.set(rows.sizes, at);
    this.#mtimeSeconds.set(rows.mtimeSeconds, at);
    this.#contentOffsets.set(rows.contentOffsets, at);
    this.#digests.set(rows.digests, at * digestBytes);
    this.length = end;
  }

  kind(position: number): number {
    return this.#kinds[position]!;
  }

  /** The 32 bytes at `from`. */
  setDigest(position: number, bytes: Uint8Array, from: number): void {
    const digests = this.#digests;
    const start = position * digestBytes;
    for (let i = 0; i < digestBytes; i += 1) digests[start + i] = bytes[from + i]!;
  }

  /** @param pathEnd where the last path ends. */
  finish(pathEnd: number) {
    const { length } = this;
    this.#pathStarts[length] = pathEnd;
    return {
      pathStarts: this.#pathStarts.subarray(0, length + 1),
      kinds: this.#kinds.subarray(0, length),
      modes: this.#modes.subarray(0, length),
      owners: this.#owners.subarray(0, length),
      sizes: this.#sizes.subarray(0, length),
      mtimeSeconds: this.#mtimeSeconds.subarray(0, length),
      mtimeNanos: this.#mtimeNanos.subarray(0, length),
      contentOffsets: this.#contentOffsets.subarray(0, length),
      digests: this.#digests.subarray(0, length * digestBytes),
    } satisfies Partial<ColumnData>;
  }

  #grow(): void {
    this.#capacity *= 2;
    const size = this.#capacity;
    this.#pathStarts = copied(this.#pathStarts, new Uint32Array(size + 1));
    this.#kinds = copied(this.#kinds, new Uint8Array(size));
    this.#modes = copied(this.#modes, new Uint16Array(size));
    this.#owners = copied(this.#owners, new Uint32Array(size));
    this.#sizes = copied(this.#sizes, new Float64Array(size));
    this.#mtimeSeconds = copied(this.#mtimeSeconds, new Float64Array(size));
    this.#mtimeNanos = copied(this.#mtimeNanos, new Uint32Array(size));
    this.#contentOffsets = copied(this.#contentOffsets, new Float64Array(size));
    this.#digests = copied(this.#digests, new Uint8Array(size * digestBytes));
  }
}

function copied<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
