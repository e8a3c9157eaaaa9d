/** A table of files as a tree: which rows are below which, and what is to be seen when some folders are open. Pure. */

export interface FileTree {
  /** How many folders each row lies in. */
  readonly depths: Uint16Array;
  /** The first row that is not below each row. */
  readonly ends: Uint32Array;
}

/** @param paths a folder directly before all that is below it. */
export function fileTree(paths: readonly string[]): FileTree {
  const depths = new Uint16Array(paths.length);
  const ends = new Uint32Array(paths.length);
  const open: number[] = [];
  for (const [row, path] of paths.entries()) {
    while (open.length > 0 && !path.startsWith(`${paths[open.at(-1)!]}/`)) ends[open.pop()!] = row;
    depths[row] = open.length;
    open.push(row);
  }
  for (const row of open) ends[row] = paths.length;
  return { depths, ends };
}

/** The rows directly in a folder; -1 stands for the root. */
export function childRows({ ends }: FileTree, folder: number): number[] {
  const rows: number[] = [];
  const end = folder < 0 ? ends.length : ends[folder]!;
  for (let row = folder + 1; row < end; row = ends[row]!) rows.push(row);
  return rows;
}

/** The rows that are to be seen, in their order. @param order sorts the rows of one folder. */
export function visibleRows(
  tree: FileTree,
  isOpen: (row: number) => boolean,
  order: (rows: number[]) => number[] = rows => rows,
): number[] {
  const seen: number[] = [];
  // The next one to be shown is the last: no depth of folders can be too much for the stack.
  const waiting = order(childRows(tree, -1)).reverse();
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    seen.push(row);
    if (isOpen(row)) for (const child of order(childRows(tree, row)).reverse()) waiting.push(child);
  }
  return seen;
}

/** The folder that a row is in, or -1. */
export function parentRow({ depths }: FileTree, row: number): number {
  const depth = depths[row]!;
  let at = row - 1;
  while (at >= 0 && depths[at]! >= depth) at -= 1;
  return at;
}

/** The rows whose path has the words in it, in any order; case matters only where a word has a capital letter. */
export function searchRows(paths: readonly string[], query: string): number[] {
  const words = query.split(" ").filter(word => word !== "");
  if (words.length === 0) return [];
  const tests = words.map(word => {
    const isLower = word === word.toLowerCase();
    return (path: string, lower: string) => (isLower ? lower : path).includes(word);
  });
  const found: number[] = [];
  for (const [row, path] of paths.entries()) {
    const lower = path.toLowerCase();
    if (tests.every(test => test(path, lower))) found.push(row);
  }
  return found;
}
