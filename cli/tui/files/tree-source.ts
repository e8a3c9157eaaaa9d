import { bytesOfPath } from "../../../lib/model/path-text.ts";
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
      const there = snapshot.children(path, most).map(node => itemOf(node, changes));
      const items = changes === null ? there : withGone(there, path, changes, most);
      if (items.length < most) read.set(path, items);
      return items;
    },
  };
}

/** What the step deleted stands where it was, so that it is seen to go. */
function withGone(there: readonly FileItem[], path: string, tree: ChangeTree, most: number): readonly FileItem[] {
  const gone: FileItem[] = [];
  for (const child of tree.children(path)) {
    if (gone.length >= most) break;
    if (!child.own || tree.changes.classAt(child.from) !== "deleted") continue;
    const change = tree.changes.at(child.from);
    if (change.before) gone.push({ ...itemOf(change.before, tree), change, foldable: false });
  }
  if (gone.length === 0) return there;
  const named = [...there, ...gone].map(item => ({ item, name: bytesOfPath(item.name) }));
  return named
    .sort((one, other) => Buffer.compare(one.name, other.name))
    .slice(0, most)
    .map(({ item }) => item);
}

function hasGone(path: string, tree: ChangeTree): boolean {
  for (const { own, from } of tree.children(path)) if (own && tree.changes.classAt(from) === "deleted") return true;
  return false;
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
    foldable: node.type === "dir" && (node.childCount > 0 || (changes !== null && hasGone(node.path, changes))),
  };
}

function markAndChange(path: string, tree: ChangeTree | null): { mark: Mark; change: Change | null } {
  const at = tree?.find(path) ?? -1;
  return tree === null || at < 0
    ? { mark: " ", change: null }
    : { mark: markOf[tree.changes.classAt(at)], change: tree.changes.at(at) };
}
