import type { Snapshot, TreeNode } from "../../model/snapshot.ts";
import { type SizedPlace, type SizeNode, type SizeTreeOptions, sizeTree } from "./size-tree.ts";

/** The sizes below a folder of a snapshot; null when there is no such folder. */
export function snapshotSizes(snapshot: Snapshot, path: string, options: SizeTreeOptions): SizeNode | null {
  const folder = snapshot.node(path);
  if (folder?.type !== "dir") return null;
  return sizeTree(placeOf(folder), ({ path }) => places(snapshot.children(path)), options);
}

function* places(nodes: readonly TreeNode[]): Iterable<SizedPlace> {
  for (const node of nodes) yield placeOf(node);
}

/** A hard link takes no room of its own. */
function placeOf(node: TreeNode): SizedPlace {
  const sizeBytes = node.type === "hardlink" ? 0 : node.treeBytes;
  return { path: node.path, name: node.name, isFolder: node.type === "dir", sizeBytes };
}
