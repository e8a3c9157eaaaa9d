import type { Snapshot } from "../model/snapshot.ts";
import { atOnce, type Pausing, rowsPerPause } from "../pausing.ts";
import { type ChangeList, ChangeListBuilder } from "./change-list.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { causesBetween, rewrittenBit } from "./node-changes.ts";

export interface DiffOptions {
  /**
   * Also list paths that other layers gave without any difference, with the cause `rewritten`.
   * @defaultValue false
   */
  readonly rewritten?: boolean | undefined;
}

/**
 * What turned one file system into another, in the order of paths (folders before what is in them). A folder that is gone gives a change for each path that was in it. The root folder itself is left out.
 */
export function diffSnapshots(before: Snapshot, after: Snapshot, options: DiffOptions = {}): ChangeList {
  return atOnce(diffingSnapshots(before, after, options));
}

/** `diffSnapshots`, for who must not wait for it. */
export function* diffingSnapshots(before: Snapshot, after: Snapshot, options: DiffOptions = {}): Pausing<ChangeList> {
  const one = layered(before);
  const other = layered(after);
  const sameNode = sameNodeTest(one, other);
  const changes = new ChangeListBuilder(one, other);
  let a = 1;
  let b = 1;
  let pauseAt = 0;
  while (a < one.nodes.count || b < other.nodes.count) {
    if (a + b >= pauseAt) {
      yield;
      pauseAt = a + b + rowsPerPause;
    }
    if (a < one.nodes.count && b < other.nodes.count && sameNode(a, b)) {
      a += 1;
      b += 1;
      continue;
    }
    const order = compareAt(one, a, other, b);
    if (order < 0) {
      changes.deleted(a);
      a += 1;
    } else if (order > 0) {
      changes.added(b);
      b += 1;
    } else {
      const causes = causesBetween(one, a, other, b);
      if (causes !== 0) changes.modified(a, b, causes);
      else if (options.rewritten) changes.modified(a, b, rewrittenBit);
      a += 1;
      b += 1;
    }
  }
  return changes.finish();
}

function compareAt(one: LayeredSnapshot, a: number, other: LayeredSnapshot, b: number): number {
  if (a === one.nodes.count) return 1;
  if (b === other.nodes.count) return -1;
  return one.comparePath(a, other.pathSlice(b));
}

/**
 * Tells quickly that two nodes are one and the same entry of one and the same layer. Says no when it would have to look
 * closer: at layers whose paths were changed by links, and at hard links, which depend on what was there before.
 */
function sameNodeTest(one: LayeredSnapshot, other: LayeredSnapshot): (a: number, b: number) => boolean {
  const columns = other.views.length;
  const sameLayer = new Uint8Array(one.views.length * columns);
  for (const [i, first] of one.views.entries()) {
    for (const [j, second] of other.views.entries()) {
      const unmoved =
        first.pathStarts === first.columns.data.pathStarts && second.pathStarts === second.columns.data.pathStarts;
      const same = first === second || (unmoved && first.columns.diffId === second.columns.diffId);
      sameLayer[i * columns + j] = same ? 1 : 0;
    }
  }
  const [x, y] = [one.nodes, other.nodes];
  return (a, b) =>
    x.entries[a] === y.entries[b] &&
    sameLayer[x.views[a]! * columns + y.views[b]!] === 1 &&
    x.implied[a] === y.implied[b] &&
    (one.views[x.views[a]!] === other.views[y.views[b]!] || !one.isHardLink(a));
}
