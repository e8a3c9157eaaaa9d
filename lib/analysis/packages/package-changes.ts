/** What became of packages between two lists. Pure. */

import { compareVersions } from "./compare-versions.ts";
import type { Package } from "./package.ts";

export interface PackageChange {
  /** `changed`: the version is another one, but not newer nor older, or only the place is. */
  readonly change: "added" | "removed" | "upgraded" | "downgraded" | "changed";
  readonly before: Package | null;
  readonly after: Package | null;
}

/** In the order of kinds and names. */
export function packageChanges(before: readonly Package[], after: readonly Package[]): PackageChange[] {
  const old = byKey(before);
  const now = byKey(after);
  const changes: PackageChange[] = [];
  for (const [key, packages] of old) {
    const others = now.get(key) ?? [];
    changes.push(...changesOfKey(packages, others));
  }
  for (const [key, packages] of now) if (!old.has(key)) changes.push(...changesOfKey([], packages));
  return changes.sort((one, other) => compareText(sortKey(one), sortKey(other)));
}

function byKey(packages: readonly Package[]): Map<string, Package[]> {
  return Map.groupBy(packages, ({ key }) => key);
}

/** Versions that stayed are nothing; the others are paired, and what remains was added or removed. */
function changesOfKey(before: readonly Package[], after: readonly Package[]): PackageChange[] {
  const gone = before.filter(one => !after.some(other => other.version === one.version));
  const come = after.filter(one => !before.some(other => other.version === one.version));
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, at) => changeOf(gone[at], come[at]));
}

function changeOf(before: Package | undefined, after: Package | undefined): PackageChange {
  if (before === undefined) return { change: "added", before: null, after: after ?? null };
  if (after === undefined) return { change: "removed", before, after: null };
  const order = compareVersions(before.version, after.version);
  return { change: order < 0 ? "upgraded" : order > 0 ? "downgraded" : "changed", before, after };
}

function sortKey({ before, after }: PackageChange): string {
  const { kind, name, source } = (after ?? before) as Package;
  return `${kind} ${name} ${source}`;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
