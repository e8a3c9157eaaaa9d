import type { Attributes } from "./entry.ts";

/** A place in the tree that layers make when they are applied one after the other. */
export interface TreeNode extends Attributes {
  /** Clean path, as in `Entry`. */
  readonly path: string;
  /** The last name of the path; "" for the root. */
  readonly name: string;
  /** Which of the applied layers gave this node (its position among them, from 0); -1 for a parent folder that no layer has. */
  readonly layer: number;
  /** The position of the entry in that layer's index; -1 for a parent folder that no layer has. */
  readonly entry: number;
  /** For folders: the sum of the sizes of all files below (each hard link counts 0); else `sizeBytes`. */
  readonly treeBytes: number;
  /** For folders: number of direct children; else 0. */
  readonly childCount: number;
}

/** The file system after some layers: an immutable tree, read by path. Children and walks are in byte order of the names. */
export interface Snapshot {
  /** Number of nodes without the root. */
  readonly nodeCount: number;
  /** Sum of all file sizes. */
  readonly totalBytes: number;
  /** Null when there is no such path. Does not follow links. */
  node(path: string): TreeNode | null;
  /** The first `most` (all, if it is left out) direct children; empty for a path that is no folder or is not there. */
  children(path: string, most?: number): TreeNode[];
  /** Everything below `path` (itself left out), parents before their children. */
  walk(path?: string): Iterable<TreeNode>;
}

/** Added, modified, deleted. */
export type ChangeKind = "A" | "M" | "D";

/** Why a path counts as modified. `rewritten`: the layer has it again with nothing changed. */
export type ChangeCause = "content" | "mode" | "owner" | "time" | "xattr" | "link" | "type" | "rewritten";

export interface Change {
  readonly path: string;
  readonly kind: ChangeKind;
  /** Empty unless `kind` is M. */
  readonly causes: readonly ChangeCause[];
  /** Null for A. */
  readonly before: TreeNode | null;
  /** Null for D. */
  readonly after: TreeNode | null;
}

export interface ChangeCounts {
  readonly added: number;
  readonly modified: number;
  readonly deleted: number;
  /** Sizes of files after minus before, over all changes; may be negative. */
  readonly bytesDelta: number;
  /** Sizes of the files that were added or got new content. */
  readonly bytesAdded: number;
}
