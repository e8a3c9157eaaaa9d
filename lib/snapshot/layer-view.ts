import { kindBits, type LayerColumns, typeCode } from "../layer/layer-columns.ts";

/** A layer as a snapshot sees it: its columns, the paths at which its entries really end up, and what its hard links name. */
export interface LayerView {
  readonly columns: LayerColumns;
  /** Paths as in `ColumnData`. Not those of the columns when a parent of an entry is a symbolic link. */
  readonly pathPool: Uint8Array;
  readonly pathStarts: Uint32Array;
  readonly order: Uint32Array;
  /** Where the entries stand in the layer's own index, when the columns are only a part of it; else null. */
  readonly positions: Uint32Array | null;
  /** For each hard link of the layer the entry that has its content. A link to nothing is not in it. */
  readonly hardLinks: ReadonlyMap<number, ContentRef>;
  /** The real paths that hard links name, where parents of them may be symbolic links; else null. */
  readonly linkPaths: ReadonlyMap<number, Uint8Array> | null;
}

/** An entry that has content and attributes of its own: never a hard link. */
export interface ContentRef {
  readonly view: LayerView;
  readonly entry: number;
}

export function viewOf(columns: LayerColumns): LayerView {
  const { pathPool, pathStarts, order } = columns.data;
  return { columns, pathPool, pathStarts, order, positions: null, hardLinks: new Map(), linkPaths: null };
}

export function isDirEntry(view: LayerView, entry: number): boolean {
  return (view.columns.data.kinds[entry]! & kindBits.type) === typeCode.dir;
}

export function isHardLinkEntry(view: LayerView, entry: number): boolean {
  return (view.columns.data.kinds[entry]! & kindBits.type) === typeCode.hardlink;
}

export function isSymlinkEntry(view: LayerView, entry: number): boolean {
  return (view.columns.data.kinds[entry]! & kindBits.type) === typeCode.symlink;
}
