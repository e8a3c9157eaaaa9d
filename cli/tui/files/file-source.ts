/** What the FILES pane shows, asked folder by folder: the whole tree of a step, or what changed. */

import type { EntryType } from "../../../lib/model/entry.ts";
import type { Change, TreeNode } from "../../../lib/model/snapshot.ts";
import type { ChangeClass } from "../../../lib/snapshot/change-list.ts";

/** A path is new, different, gone, written again with nothing changed, or simply there. */
export type Mark = "+" | "~" | "-" | "=" | " ";

export interface FileItem {
  readonly path: string;
  readonly name: string;
  readonly type: EntryType;
  readonly mark: Mark;
  /** Tree: bytes of the file or of all below. Changes: bytes more (or fewer) than before. */
  readonly sizeBytes: number;
  /** Null for a folder that is only on the way to a change. */
  readonly node: TreeNode | null;
  /** What the step did to this very path, where that is known. */
  readonly change: Change | null;
  readonly foldable: boolean;
}

/** Which kinds of changes are shown. */
export type KindFilter = Readonly<Record<ChangeClass, boolean>>;

export const usualKinds: KindFilter = { added: true, modified: true, deleted: true, rewritten: false };

/** How many changes of each kind there are. */
export type KindCounts = Readonly<Record<ChangeClass, number>>;

export interface FileSource {
  readonly mode: "tree" | "changes";
  /** Nodes or changes. */
  readonly total: number;
  /** Null for a tree. */
  readonly counts: KindCounts | null;
  /** Bytes of the tree, or bytes more than before. */
  readonly sizeBytes: number;
  /** The first so many direct children in byte order of their names. */
  children(path: string, kinds: KindFilter, most: number): readonly FileItem[];
}

export const markOf: Readonly<Record<ChangeClass, Mark>> = {
  added: "+",
  modified: "~",
  deleted: "-",
  rewritten: "=",
};
