import type { FileSource, KindFilter } from "../files/file-source.ts";
import { flatten, isOpenByDefault, rowOfPath, unfoldTo } from "../files/flatten.ts";
import type { Action } from "./actions.ts";
import type { FilesState } from "./state.ts";

type FilesAction = Extract<
  Action,
  { type: "fold" | "toggle-mode" | "toggle-kind" | "toggle-sort" | "files-loaded" | "files-failed" }
>;

export function reduceFiles(files: FilesState, action: FilesAction): FilesState {
  switch (action.type) {
    case "fold":
      return fold(files, action.how);
    case "toggle-mode":
      return { ...loading(files), mode: files.mode === "tree" ? "changes" : "tree" };
    case "toggle-kind":
      return withRows({ ...files, kinds: toggleKind(files.kinds, action.kind) });
    case "toggle-sort":
      return withRows({ ...files, sort: files.sort === "name" ? "size" : "name" });
    case "files-loaded":
      return loaded(files, action.source);
    case "files-failed":
      return { ...files, source: null, rows: [], loading: false, error: action.message };
  }
}

/** Other files are wanted; the old ones stay in sight until they come. */
export function loading(files: FilesState): FilesState {
  return files.loading && files.error === "" ? files : { ...files, loading: true, error: "" };
}

function toggleKind(kinds: KindFilter, kind: keyof KindFilter): KindFilter {
  return { ...kinds, [kind]: !kinds[kind] };
}

function loaded(files: FilesState, source: FileSource): FilesState {
  const next = { ...files, source, loading: false, error: "" };
  return files.reveal === null ? withRows(next) : revealPath({ ...next, reveal: null }, files.reveal);
}

/** Selects a path, unfolding what is above it; also shows rewritten paths when it is one of them. */
export function revealPath(files: FilesState, path: string): FilesState {
  if (files.loading || !files.source) return { ...files, reveal: path };
  const shown = selectPath(files, path);
  const found = shown.rows[shown.place.cursor]?.item.path === path;
  if (found || files.source.mode === "tree") return shown;
  return selectPath({ ...files, kinds: { added: true, modified: true, deleted: true, rewritten: true } }, path);
}

function selectPath(files: FilesState, path: string): FilesState {
  const source = files.source as FileSource;
  const { mode } = source;
  const toggled = { ...files.toggled, [mode]: unfoldTo(path, isOpenByDefault(source), files.toggled[mode]) };
  const next = withRows({ ...files, toggled });
  const cursor = rowOfPath(next.rows, path);
  return cursor < 0 ? next : { ...next, anchor: path, place: { ...next.place, cursor } };
}

/** The rows made anew, with the cursor on the path where it was. */
function withRows(files: FilesState): FilesState {
  const { source, kinds, sort } = files;
  if (!source) return { ...files, rows: [] };
  const rows = flatten(source, {
    kinds,
    sort,
    openByDefault: isOpenByDefault(source),
    toggled: files.toggled[source.mode],
  });
  const path = files.anchor ?? files.rows[files.place.cursor]?.item.path;
  const cursor = path === undefined ? 0 : Math.max(0, rowOfPath(rows, path));
  return { ...files, rows, place: { ...files.place, cursor } };
}

function fold(files: FilesState, how: "open" | "close" | "toggle"): FilesState {
  const row = files.rows[files.place.cursor];
  if (!row || !files.source) return files;
  const wantsOpen = how === "toggle" ? !row.open : how === "open";
  if (how === "close" && !row.open) return toParent(files);
  if (!row.item.foldable || wantsOpen === row.open) return files;
  const { mode } = files.source;
  const toggled = new Set(files.toggled[mode]);
  if (!toggled.delete(row.item.path)) toggled.add(row.item.path);
  return withRows({ ...files, toggled: { ...files.toggled, [mode]: toggled } });
}

function toParent(files: FilesState): FilesState {
  const depth = files.rows[files.place.cursor]?.depth ?? 0;
  const parent = files.rows.slice(0, files.place.cursor).findLastIndex(row => row.depth < depth);
  if (parent < 0) return files;
  return { ...files, anchor: files.rows[parent]?.item.path ?? null, place: { ...files.place, cursor: parent } };
}
