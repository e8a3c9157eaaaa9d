/** Paths of CI's containers: always with `/`, wherever this program runs. */

import { posix } from "node:path";

/** A path as it is meant from a folder; always absolute and without `..`. */
export function resolveFolder(folder: string, path: string): string {
  return posix.resolve("/", folder, path);
}

/** The part of a path below a folder, "" for the folder itself; null when it lies elsewhere. */
export function pathBelow(folder: string, path: string): string | null {
  if (path === folder) return "";
  const start = folder.endsWith("/") ? folder : `${folder}/`;
  return path.startsWith(start) ? path.slice(start.length) : null;
}
