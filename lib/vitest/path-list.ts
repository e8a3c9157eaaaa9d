/** Lists of paths as tests write them: `/usr/bin/curl`, `/usr/lib/` with all below it, globs. Pure. */

import { createMatcher } from "../layer/search-paths.ts";

export interface ListMatch {
  /** What is written, but fits none of the paths. */
  readonly missing: readonly string[];
  /** Paths that nothing fits that is written, and that do not only lead to one that fits. */
  readonly others: readonly string[];
}

/** @param paths from the root, as in `/usr/bin/curl`. @throws LabError `usage` for a bad glob. */
export function matchList(written: readonly string[], paths: readonly string[]): ListMatch {
  const tests = written.map(word => ({ word, fits: testOf(word) }));
  const fitting = new Set<string>();
  const used = new Set<string>();
  for (const path of paths) {
    for (const { word, fits } of tests) {
      if (!fits(path)) continue;
      fitting.add(path);
      used.add(word);
    }
  }
  const leading = new Set([...fitting].flatMap(foldersAbove));
  return {
    missing: written.filter(word => !used.has(word)),
    others: paths.filter(path => !fitting.has(path) && !leading.has(path)),
  };
}

function testOf(word: string): (path: string) => boolean {
  const path = word.startsWith("/") ? word : `/${word}`;
  if (path.endsWith("/")) return candidate => candidate === path.slice(0, -1) || candidate.startsWith(path);
  if (!/[*?[\]{}()!+@]/.test(path)) return candidate => candidate === path;
  const matcher = createMatcher(path, { mode: "glob" });
  // A name may have the letters of a glob itself.
  return candidate => candidate === path || matcher.matches(candidate.slice(1));
}

/** `/usr/lib/a` → `/usr/lib`, `/usr` */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) folders.push(path.slice(0, end));
  return folders;
}
