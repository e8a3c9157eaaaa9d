import { kindBits, typeCode } from "../layer/layer-columns.ts";
import { orderOfPaths } from "../layer/path-order.ts";
import { pathFromBytes } from "../model/path-text.ts";
import { type Pausing, rowsPerPause } from "../pausing.ts";
import type { LayerView } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";
import { ParentWalk } from "./parent-walk.ts";

/**
 * Entries whose parents are symbolic links. Engines unpack a layer entry by entry and follow such links within the root,
 * so `bin/sh` goes to `usr/bin/sh` where `bin` is a link. Here this is played through by names, in the order of the tar;
 * it is slow, and only done for layers that need it.
 */

/** The view with the paths at which its entries end up, and with the real paths that its hard links name. */
export function* followingLinkedParents(view: LayerView, base: LayeredSnapshot): Pausing<LayerView> {
  const { kinds } = view.columns.data;
  const walk = new ParentWalk(base);
  const paths: Uint8Array[] = [];
  const linkPaths = new Map<number, Uint8Array>();
  const isWhiteout = (entry: number) => {
    const name = kinds[entry]! & kindBits.name;
    return name === kindBits.whiteout || name === kindBits.opaque;
  };
  // Whiteouts concern what is below the layer only, so they come first.
  for (let entry = 0; entry < kinds.length; entry += 1) {
    if (isWhiteout(entry))
      paths[entry] = walk.whiteout(view.columns.path(entry), (kinds[entry]! & kindBits.name) === kindBits.opaque);
    if (entry % rowsPerPause === 0) yield;
  }
  for (let entry = 0; entry < kinds.length; entry += 1) {
    if (entry % rowsPerPause === 0) yield;
    if (isWhiteout(entry)) continue;
    if ((kinds[entry]! & kindBits.name) === kindBits.ignored) {
      paths[entry] = view.columns.pathBytes(entry);
      continue;
    }
    const type = kinds[entry]! & kindBits.type;
    const link = view.columns.linkBytes(entry);
    if (type === typeCode.hardlink && link !== null) linkPaths.set(entry, walk.real(pathFromBytes(link)));
    const symlink = type === typeCode.symlink ? pathFromBytes(link ?? new Uint8Array(0)) : null;
    paths[entry] = walk.put(view.columns.path(entry), type === typeCode.dir, symlink);
  }
  return { ...view, ...poolOf(paths), linkPaths };
}

function poolOf(paths: readonly Uint8Array[]): Pick<LayerView, "pathPool" | "pathStarts" | "order"> {
  const pathStarts = new Uint32Array(paths.length + 1);
  for (const [i, path] of paths.entries()) pathStarts[i + 1] = pathStarts[i]! + path.length + 1;
  const pathPool = new Uint8Array(pathStarts[paths.length]!);
  for (const [i, path] of paths.entries()) pathPool.set(path, pathStarts[i]!);
  return { pathPool, pathStarts, order: orderOfPaths(pathPool, pathStarts) };
}
