import type { Change, Snapshot } from "../model/snapshot.ts";
import { layered } from "./layered-snapshot.ts";
import { addedChange, causesBetween, deletedChange, modifiedChange } from "./node-changes.ts";

/** How one path of a file system differs in another one; null when it does not, or when neither has it. Of a folder only its own attributes count. */
export function changeAt(before: Snapshot, after: Snapshot, path: string): Change | null {
  const [one, other] = [layered(before), layered(after)];
  const [a, b] = [one.indexOf(path), other.indexOf(path)];
  if (a < 0) return b < 0 ? null : addedChange(other, b);
  if (b < 0) return deletedChange(one, a);
  const causes = causesBetween(one, a, other, b);
  return causes.length > 0 ? modifiedChange(one, a, other, b, causes) : null;
}
