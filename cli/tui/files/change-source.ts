import { changeClasses } from "../../../lib/snapshot/change-list.ts";
import type { ChangedPath, ChangeTree } from "../../../lib/snapshot/change-tree.ts";
import { type FileItem, type FileSource, type KindFilter, markOf } from "./file-source.ts";

/** Changes as a tree: every folder on the way to a change is there, with the sums of what is below it. */
export function changeSource(tree: ChangeTree): FileSource {
  return {
    mode: "changes",
    total: tree.changes.length,
    counts: {
      added: tree.count("added"),
      modified: tree.count("modified"),
      deleted: tree.count("deleted"),
      rewritten: tree.count("rewritten"),
    },
    sizeBytes: tree.bytesDelta(),
    children(path, kinds, most) {
      const items: FileItem[] = [];
      for (const child of tree.children(path)) {
        if (items.length >= most) break;
        if (isShown(tree, kinds, child.from, child.to)) items.push(itemOf(tree, child, kinds));
      }
      return items;
    },
  };
}

function isShown(tree: ChangeTree, kinds: KindFilter, from: number, to: number): boolean {
  return changeClasses.some(kind => kinds[kind] && tree.count(kind, from, to) > 0);
}

function itemOf(tree: ChangeTree, { path, from, to, own }: ChangedPath, kinds: KindFilter): FileItem {
  const change = own ? tree.changes.at(from) : null;
  const node = change?.after ?? change?.before ?? null;
  // A folder that is only written again stands for what is below it, unless such paths are asked for.
  const marked = own && (isShown(tree, kinds, from, from + 1) || to === from + 1);
  return {
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    type: node?.type ?? "dir",
    mark: marked ? markOf[tree.changes.classAt(from)] : " ",
    sizeBytes: tree.bytesDelta(from, to),
    node,
    change,
    foldable: isShown(tree, kinds, own ? from + 1 : from, to),
  };
}
