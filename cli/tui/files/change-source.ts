/** Changes as a tree: every folder on the way to a change is there, with the sums of what is below it. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Change } from "../../../lib/model/snapshot.ts";
import { type FileItem, type FileSource, type KindCounts, type KindFilter, kindOf, markOf } from "./file-source.ts";

/** More changes than this are listed only in part: nobody reads them, and each takes memory. */
const mostChanges = 300_000;
/** After so many changes keys get their turn. */
const changesPerTurn = 4000;

interface Folder {
  change: Change | null;
  bytesDelta: number;
  readonly counts: Record<keyof KindFilter, number>;
  readonly children: Map<string, Folder>;
}

/** @param changes in any order. */
export async function changeSource(changes: readonly Change[], signal?: AbortSignal): Promise<FileSource> {
  const root = newFolder();
  const listed = Math.min(changes.length, mostChanges);
  for (let at = 0; at < listed; at += 1) {
    addChange(root, changes[at] as Change);
    if (at % changesPerTurn === changesPerTurn - 1) {
      await nextTurn();
      signal?.throwIfAborted();
    }
  }
  return {
    mode: "changes",
    total: changes.length,
    counts: root.counts,
    sizeBytes: root.bytesDelta,
    caution: listed < changes.length ? `the first ${listed} of ${changes.length} changes` : "",
    children(path, kinds) {
      const folder = folderAt(root, path);
      return folder ? itemsOf(folder, path, kinds) : [];
    },
  };
}

function newFolder(): Folder {
  return {
    change: null,
    bytesDelta: 0,
    counts: { added: 0, modified: 0, deleted: 0, rewritten: 0 },
    children: new Map(),
  };
}

function addChange(root: Folder, change: Change): void {
  const kind = kindOf(change);
  const delta = bytesOf(change.after) - bytesOf(change.before);
  let folder = root;
  folder.counts[kind] += 1;
  folder.bytesDelta += delta;
  for (const name of change.path === "" ? [] : change.path.split("/")) {
    let child = folder.children.get(name);
    if (!child) {
      child = newFolder();
      folder.children.set(name, child);
    }
    child.counts[kind] += 1;
    child.bytesDelta += delta;
    folder = child;
  }
  folder.change = change;
}

function bytesOf(node: Change["after"]): number {
  return node?.type === "file" ? node.sizeBytes : 0;
}

function folderAt(root: Folder, path: string): Folder | undefined {
  let folder: Folder | undefined = root;
  for (const name of path === "" ? [] : path.split("/")) folder = folder?.children.get(name);
  return folder;
}

function itemsOf(folder: Folder, path: string, kinds: KindFilter): FileItem[] {
  const items: FileItem[] = [];
  for (const [name, child] of folder.children) {
    if (isShown(child.counts, kinds)) items.push(itemOf(name, child, path === "" ? name : `${path}/${name}`, kinds));
  }
  return items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function isShown(counts: KindCounts, kinds: KindFilter): boolean {
  return (
    (kinds.added && counts.added > 0) ||
    (kinds.modified && counts.modified > 0) ||
    (kinds.deleted && counts.deleted > 0) ||
    (kinds.rewritten && counts.rewritten > 0)
  );
}

function itemOf(name: string, folder: Folder, path: string, kinds: KindFilter): FileItem {
  const { change } = folder;
  const node = change?.after ?? change?.before ?? null;
  // A folder that is only written again stands for what is below it, unless such paths are asked for.
  const ownKind = change && kindOf(change);
  const marked = ownKind !== null && (kinds[ownKind] || folder.children.size === 0);
  return {
    path,
    name,
    type: node?.type ?? "dir",
    mark: change && marked ? markOf(change) : " ",
    sizeBytes: folder.bytesDelta,
    node,
    change,
    foldable: [...folder.children.values()].some(child => isShown(child.counts, kinds)),
  };
}
