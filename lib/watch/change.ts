/** What happened to a path that a build sees. Pure. */

import type { PathMeaning } from "./watch-rules.ts";

export type ChangeKind = "added" | "changed" | "removed";

export interface PathChange {
  /** Relative to the context, `/` between names; absolute for a Dockerfile outside of it. "": the context itself. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly meaning: PathMeaning;
}

/** By path. */
export type Changes = ReadonlyMap<string, PathChange>;

/** Editors write a new file, remove the old one and rename: all of that is one change. */
export function mergedChanges(before: Changes, added: Iterable<PathChange>): Changes {
  const merged = new Map(before);
  for (const change of added) {
    const kind = mergedKind(merged.get(change.path)?.kind, change.kind);
    if (kind === null) merged.delete(change.path);
    else merged.set(change.path, { ...change, kind });
  }
  return merged;
}

/** Null: in the end nothing happened. */
function mergedKind(before: ChangeKind | undefined, now: ChangeKind): ChangeKind | null {
  if (before === undefined || before === now) return now;
  if (before === "added") return now === "removed" ? null : "added";
  return now === "removed" ? "removed" : "changed";
}
