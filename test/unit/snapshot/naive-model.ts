import type { TarItem } from "./tar-items.ts";

/**
 * Layers applied the slow and obvious way, on a map from path to what is there: the oracle of the property tests. Like an
 * engine that removes what whiteouts name, and then unpacks entry after entry.
 */
export interface ModelNode {
  readonly type: "dir" | "file" | "symlink";
  /** Tells entries apart; "implied" for folders that no layer has. */
  readonly id: string;
}

export type ModelTree = Map<string, ModelNode>;

export function applyToModel(below: ModelTree, items: readonly TarItem[]): ModelTree {
  const tree = new Map(below);
  for (const item of items) {
    if (item.kind === "whiteout") removeAt(tree, item.path);
    else if (item.kind === "opaque") removeBelow(tree, item.path);
  }
  for (const item of items) {
    if (item.kind === "whiteout" || item.kind === "opaque") continue;
    for (const parent of parentsOf(item.path)) {
      if (tree.get(parent)?.type !== "dir") put(tree, parent, { type: "dir", id: "implied" });
    }
    put(tree, item.path, { type: item.kind, id: item.id });
  }
  return tree;
}

function put(tree: ModelTree, path: string, node: ModelNode): void {
  if (!(node.type === "dir" && tree.get(path)?.type === "dir")) removeAt(tree, path);
  tree.set(path, node);
}

function removeAt(tree: ModelTree, path: string): void {
  tree.delete(path);
  removeBelow(tree, path);
}

function removeBelow(tree: ModelTree, path: string): void {
  for (const other of [...tree.keys()]) if (path === "" || other.startsWith(`${path}/`)) tree.delete(other);
}

function parentsOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join("/"));
}
