/** What the FILES pane shows, asked folder by folder: the whole tree of a step, or what changed. */

import type { EntryType } from "../../../lib/model/entry.ts";
import type { Change, ChangeKind, TreeNode } from "../../../lib/model/snapshot.ts";

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
export interface KindFilter {
  readonly added: boolean;
  readonly modified: boolean;
  readonly deleted: boolean;
  readonly rewritten: boolean;
}

export const usualKinds: KindFilter = { added: true, modified: true, deleted: true, rewritten: false };

/** How many changes of each kind there are. */
export type KindCounts = Readonly<Record<keyof KindFilter, number>>;

export interface FileSource {
  readonly mode: "tree" | "changes";
  /** Nodes or changes. */
  readonly total: number;
  /** Null for a tree. */
  readonly counts: KindCounts | null;
  /** Bytes of the tree, or bytes more than before. */
  readonly sizeBytes: number;
  /** Says what is left out, or "". */
  readonly caution: string;
  /** Direct children in byte order of their names. */
  children(path: string, kinds: KindFilter): readonly FileItem[];
}

const markOfKind: Readonly<Record<ChangeKind, Mark>> = { A: "+", M: "~", D: "-" };

export function markOf(change: Change): Mark {
  return isRewritten(change) ? "=" : markOfKind[change.kind];
}

export function kindOf(change: Change): keyof KindFilter {
  if (change.kind === "A") return "added";
  if (change.kind === "D") return "deleted";
  return isRewritten(change) ? "rewritten" : "modified";
}

/**
 * The layer has the path again with nothing but perhaps its time changed: Kaniko repeats the parents of everything it
 * writes, and a command that runs again gives every file a new time.
 */
function isRewritten(change: Change): boolean {
  return change.kind === "M" && change.causes.every(cause => cause === "rewritten" || cause === "time");
}
