/** A tree of sizes as far as it can be drawn: what is too small to be seen is put together, folder by folder. Pure. */

/** What has a size: a file, or a folder with everything below it. */
export interface SizedPlace {
  readonly path: string;
  readonly name: string;
  readonly isFolder: boolean;
  /** Of a folder: all files below it. */
  readonly sizeBytes: number;
}

export interface SizeNode extends SizedPlace {
  /** Largest first; empty for files, and for folders that are not gone into. */
  readonly children: readonly SizeNode[];
  /** How many places of its folder this node stands for, each too small for itself; 0 for a place of its own. Its path is the folder's. */
  readonly restCount: number;
}

export interface SizeTreeOptions {
  /** How many levels below the start are told apart. */
  readonly depth: number;
  /** A place with a smaller part of the whole than this is put together with others like it. */
  readonly smallestShare: number;
}

/**
 * @param childrenOf The places directly in a folder; asked only for folders that are large enough to be gone into.
 */
export function sizeTree(
  start: SizedPlace,
  childrenOf: (folder: SizedPlace) => Iterable<SizedPlace>,
  { depth, smallestShare }: SizeTreeOptions,
): SizeNode {
  const smallestBytes = start.sizeBytes * smallestShare;
  const nodeOf = (place: SizedPlace, levels: number): SizeNode => ({
    ...pick(place),
    children: place.isFolder && levels > 0 ? childNodes(place, levels) : [],
    restCount: 0,
  });
  const childNodes = (folder: SizedPlace, levels: number): SizeNode[] => {
    const children: SizeNode[] = [];
    let restBytes = 0;
    let restCount = 0;
    for (const child of childrenOf(folder)) {
      if (child.sizeBytes === 0) continue;
      if (child.sizeBytes >= smallestBytes) children.push(nodeOf(child, levels - 1));
      else {
        restBytes += child.sizeBytes;
        restCount += 1;
      }
    }
    if (restCount > 0)
      children.push({ path: folder.path, name: "", isFolder: false, sizeBytes: restBytes, children: [], restCount });
    return children.sort((one, other) => other.sizeBytes - one.sizeBytes || compare(one.path, other.path));
  };
  return nodeOf(start, depth);
}

/** Nodes of a snapshot have getters: they cannot be spread. */
function pick({ path, name, isFolder, sizeBytes }: SizedPlace): SizedPlace {
  return { path, name, isFolder, sizeBytes };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
