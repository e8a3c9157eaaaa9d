/** Words that stand in packed tables as numbers. */

import type { EntryType } from "../../../lib/model/entry.ts";
import type { ChangeCause, ChangeKind } from "../../../lib/model/snapshot.ts";

export const typeOrder: readonly EntryType[] = ["file", "dir", "symlink", "hardlink", "char", "block", "fifo"];
export const kindOrder: readonly ChangeKind[] = ["A", "M", "D"];
export const causeOrder: readonly ChangeCause[] = [
  ...(["content", "mode", "owner", "time", "xattr", "link", "type", "rewritten"] as const),
];
