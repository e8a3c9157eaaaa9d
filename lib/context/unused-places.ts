import type { ContextEntry } from "./context-listing.ts";

/** A file that nothing used, or a folder of which nothing was used: what to name in an ignore file. */
export interface UnusedPlace {
  readonly path: string;
  readonly isFolder: boolean;
  readonly files: number;
  readonly sizeBytes: number;
}

/** Unused files, those of a wholly unused folder as one; the largest first. Pure. */
export function unusedPlaces(entries: readonly ContextEntry[], unused: readonly ContextEntry[]): UnusedPlace[] {
  const all = countByFolder(entries.filter(({ type }) => type !== "dir"));
  const lost = countByFolder(unused);
  const places = new Map<string, UnusedPlace>();
  for (const { path, sizeBytes } of unused) {
    const folder = foldersOf(path).find(above => all.get(above) === lost.get(above));
    const name = folder ?? path;
    const known = places.get(name);
    places.set(name, {
      path: name,
      isFolder: folder !== undefined,
      files: (known?.files ?? 0) + 1,
      sizeBytes: (known?.sizeBytes ?? 0) + sizeBytes,
    });
  }
  return [...places.values()].sort((a, b) => b.sizeBytes - a.sizeBytes);
}

function countByFolder(entries: readonly ContextEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of entries)
    for (const folder of foldersOf(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  return counts;
}

/** `a/b/c` → `a`, `a/b`. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
    folders.push(path.slice(0, slash));
  return folders;
}
