import {
  type SizedPlace,
  type SizeNode,
  type SizeTreeOptions,
  sizeTree,
} from "../../../../lib/analysis/treemap/size-tree.ts";
import { type Pausing, rowsPerPause } from "../../../../lib/pausing.ts";
import type { ChangedPath, ChangeTree } from "../../../../lib/snapshot/change-tree.ts";

/** For each change how many bytes those before it came or went, whichever: what is gone is a change as well. */
export function* changedBytes({ changes }: ChangeTree): Pausing<Float64Array> {
  const before = new Float64Array(changes.length + 1);
  for (let at = 0; at < changes.length; at += 1) {
    before[at + 1] = (before[at] as number) + Math.abs(changes.bytesDeltaAt(at));
    if (at % rowsPerPause === 0) yield;
  }
  return before;
}

/** The bytes that changed below a folder. */
export function changeSizes(tree: ChangeTree, bytes: Float64Array, path: string, options: SizeTreeOptions): SizeNode {
  const sizeOf = ({ from, to }: Pick<ChangedPath, "from" | "to">) => (bytes[to] as number) - (bytes[from] as number);
  const placeOf = (child: ChangedPath): SizedPlace => ({
    path: child.path,
    name: child.path.slice(child.path.lastIndexOf("/") + 1),
    isFolder: !child.own || child.to > child.from + 1,
    sizeBytes: sizeOf(child),
  });
  const childrenOf = function* (folder: SizedPlace): Iterable<SizedPlace> {
    for (const child of tree.children(folder.path)) yield placeOf(child);
  };
  const sizeBytes = Array.from(tree.children(path), sizeOf).reduce((sum, size) => sum + size, 0);
  return sizeTree(
    { path, name: path.slice(path.lastIndexOf("/") + 1), isFolder: true, sizeBytes },
    childrenOf,
    options,
  );
}
