import type { Change, Snapshot, TreeNode } from "../../../lib/model/snapshot.ts";
import type { ChangeTree } from "../../../lib/snapshot/change-tree.ts";
import { type FileItem, type FileSource, type Mark, markOf } from "./file-source.ts";

/** The whole file system after a step. `changes` are what the step itself did, where that is known. */
export function treeSource(snapshot: Snapshot, changes: ChangeTree | null = null): FileSource {
  // Folders are read when they are unfolded, and once.
  const read = new Map<string, readonly FileItem[]>();
  return {
    mode: "tree",
    total: snapshot.nodeCount,
    counts: null,
    sizeBytes: snapshot.totalBytes,
    children(path, _kinds, most) {
      const known = read.get(path);
      if (known) return known;
      const items = snapshot.children(path, most).map(node => itemOf(node, changes));
      if (items.length < most) read.set(path, items);
      return items;
    },
  };
}

function itemOf(node: TreeNode, changes: ChangeTree | null): FileItem {
  const { mark, change } = markAndChange(node.path, changes);
  return {
    path: node.path,
    name: node.name,
    type: node.type,
    mark,
    sizeBytes: node.type === "dir" ? node.treeBytes : node.sizeBytes,
    node,
    change,
    foldable: node.type === "dir" && node.childCount > 0,
  };
}

function markAndChange(path: string, tree: ChangeTree | null): { mark: Mark; change: Change | null } {
  const at = tree?.find(path) ?? -1;
  return tree === null || at < 0
    ? { mark: " ", change: null }
    : { mark: markOf[tree.changes.classAt(at)], change: tree.changes.at(at) };
}
