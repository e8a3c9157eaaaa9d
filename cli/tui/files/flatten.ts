/** The rows of the FILES pane: the tree with only the unfolded folders opened. */

import type { FileItem, FileSource, KindFilter } from "./file-source.ts";

export interface FileRow {
  readonly item: FileItem;
  readonly depth: number;
  readonly open: boolean;
}

export interface FlattenOptions {
  readonly kinds: KindFilter;
  readonly sort: "name" | "size";
  readonly openByDefault: boolean;
  /** Paths that are the other way round than the default. */
  readonly toggled: ReadonlySet<string>;
}

/** No list is longer than this, however much is unfolded. */
const mostRows = 200_000;

export function flatten(source: FileSource, options: FlattenOptions): FileRow[] {
  const rows: FileRow[] = [];
  addFolder(source, "", 0, options, rows);
  return rows;
}

function addFolder(source: FileSource, path: string, depth: number, options: FlattenOptions, rows: FileRow[]): void {
  const most = options.sort === "name" ? mostRows - rows.length : Number.POSITIVE_INFINITY;
  for (const item of sorted(source.children(path, options.kinds, most), options.sort)) {
    if (rows.length >= mostRows) return;
    const open = item.foldable && options.openByDefault !== options.toggled.has(item.path);
    rows.push({ item, depth, open });
    if (open) addFolder(source, item.path, depth + 1, options, rows);
  }
}

function sorted(items: readonly FileItem[], sort: "name" | "size"): readonly FileItem[] {
  return sort === "name" ? items : [...items].sort((a, b) => Math.abs(b.sizeBytes) - Math.abs(a.sizeBytes));
}

/** Changes are shown unfolded while they can be looked over; trees begin folded. */
export function isOpenByDefault(source: FileSource): boolean {
  return source.mode === "changes" && source.total <= 400;
}

/** The folders above a path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function foldersAbove(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}

/** `toggled` with every folder above `path` open. */
export function unfoldTo(path: string, openByDefault: boolean, toggled: ReadonlySet<string>): ReadonlySet<string> {
  const result = new Set(toggled);
  for (const folder of foldersAbove(path)) {
    if (openByDefault) result.delete(folder);
    else result.add(folder);
  }
  return result;
}

/** The row of a path, or of the nearest folder above it that is seen; -1 when none is. */
export function rowOfPath(rows: readonly FileRow[], path: string): number {
  for (const candidate of [path, ...foldersAbove(path).reverse()]) {
    const at = rows.findIndex(row => row.item.path === candidate);
    if (at >= 0) return at;
  }
  return -1;
}
