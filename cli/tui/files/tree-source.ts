import type { Change, Snapshot, TreeNode } from "../../../lib/model/snapshot.ts";
import { type FileItem, type FileSource, markOf } from "./file-source.ts";

/** The whole file system after a step. `changes` are what the step itself did, where that is known. */
export function treeSource(snapshot: Snapshot, changes: ReadonlyMap<string, Change> = new Map()): FileSource {
  // Folders are read when they are unfolded, and once.
  const read = new Map<string, readonly FileItem[]>();
  return {
    mode: "tree",
    total: snapshot.nodeCount,
    counts: null,
    sizeBytes: snapshot.totalBytes,
    caution: "",
    children(path) {
      const known = read.get(path);
      if (known) return known;
      const items = snapshot.children(path).map(node => itemOf(node, changes.get(node.path) ?? null));
      read.set(path, items);
      return items;
    },
  };
}

function itemOf(node: TreeNode, change: Change | null): FileItem {
  return {
    path: node.path,
    name: node.name,
    type: node.type,
    mark: change ? markOf(change) : " ",
    sizeBytes: node.type === "dir" ? node.treeBytes : node.sizeBytes,
    node,
    change,
    foldable: node.type === "dir" && node.childCount > 0,
  };
}
