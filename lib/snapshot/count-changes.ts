import type { Change, ChangeCounts } from "../model/snapshot.ts";
import { atOnce, type Pausing, rowsPerPause } from "../pausing.ts";

/** Counts changes. Paths that were only written again (`rewritten`) count as nothing. */
export function countChanges(changes: Iterable<Change>): ChangeCounts {
  return atOnce(countingChanges(changes));
}

/** `countChanges`, for who must not wait for it. */
export function* countingChanges(changes: Iterable<Change>): Pausing<ChangeCounts> {
  let row = 0;
  const counts = { added: 0, modified: 0, deleted: 0, bytesDelta: 0, bytesAdded: 0 };
  for (const { kind, causes, before, after } of changes) {
    if (row++ % rowsPerPause === 0) yield;
    const afterBytes = bytesOf(after);
    counts.bytesDelta += afterBytes - bytesOf(before);
    if (kind === "A") counts.added += 1;
    else if (kind === "D") counts.deleted += 1;
    else if (!causes.includes("rewritten")) counts.modified += 1;
    if (kind === "A" || causes.includes("content") || causes.includes("type")) counts.bytesAdded += afterBytes;
  }
  return counts;
}

/** Hard links take no space of their own. */
function bytesOf(node: Change["before"]): number {
  return node === null || node.type !== "file" ? 0 : node.sizeBytes;
}
