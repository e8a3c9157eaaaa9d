import { kindBits, typeCode } from "../layer/layer-columns.ts";
import { comparePaths } from "../layer/path-order.ts";
import { pathFromBytes } from "../model/path-text.ts";
import { type Pausing, rowsPerPause } from "../pausing.ts";
import type { ContentRef, LayerView } from "./layer-view.ts";
import type { LayeredSnapshot, PathSlice } from "./layered-snapshot.ts";
import { ParentWalk } from "./parent-walk.ts";

/**
 * What the hard links of a layer name, by the state in which an engine finds the tree when it comes to the link: an
 * earlier entry of the same layer, else the layers below (also what this layer removes), else a later entry.
 */
export function* findingHardLinks(plain: LayerView, base: LayeredSnapshot): Pausing<LayerView> {
  const { kinds, links } = plain.columns.data;
  if (links.length === 0) return plain;
  const resolved = new Map<number, ContentRef>();
  const view: LayerView = { ...plain, hardLinks: resolved };
  const seen = new Set<number>();

  const resolve = (entry: number): ContentRef | null => {
    if ((kinds[entry]! & kindBits.type) !== typeCode.hardlink) return { view, entry };
    const known = resolved.get(entry);
    if (known !== undefined) return known;
    if (seen.has(entry)) return null;
    seen.add(entry);
    const found = lookUp(entry);
    if (found !== null) resolved.set(entry, found);
    return found;
  };

  let walk: ParentWalk | null = null;
  /** Parents that are symbolic links below are followed, the last name is not. */
  const contentThroughLinks = (path: Uint8Array): ContentRef | null => {
    walk ??= new ParentWalk(base);
    const pool = walk.real(pathFromBytes(path));
    return contentBelow(base, { pool, from: 0, to: pool.length });
  };

  const lookUp = (entry: number): ContentRef | null => {
    const pool = view.linkPaths?.get(entry) ?? view.columns.linkBytes(entry) ?? new Uint8Array(0);
    const target = { pool, from: 0, to: pool.length };
    const { earlier, later } = entriesOf(view, target, entry);
    if (earlier >= 0) return resolve(earlier);
    const below = contentBelow(base, target) ?? contentThroughLinks(pool);
    if (below !== null) return below;
    return later >= 0 ? resolve(later) : null;
  };

  for (let entry = 0; entry < kinds.length; entry += 1) {
    if ((kinds[entry]! & kindBits.type) === typeCode.hardlink && (kinds[entry]! & kindBits.name) === 0) resolve(entry);
    if (entry % rowsPerPause === 0) yield;
  }
  return view;
}

function contentBelow(base: LayeredSnapshot, path: PathSlice): ContentRef | null {
  const at = base.lowerBound(path, 0);
  if (at === base.nodes.count || base.comparePath(at, path) !== 0 || base.isDir(at)) return null;
  return base.contentRef(at);
}

/** The last entry of a path before a position, and the first one after it; -1 for none. Folders and whiteouts are no targets. */
function entriesOf(view: LayerView, path: PathSlice, position: number): { earlier: number; later: number } {
  const { order, pathPool, pathStarts } = view;
  const { kinds } = view.columns.data;
  const compare = (entry: number) =>
    comparePaths(pathPool, pathStarts[entry]!, pathStarts[entry + 1]! - 1, path.pool, path.from, path.to);
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(order[middle]!) < 0) low = middle + 1;
    else high = middle;
  }
  let earlier = -1;
  for (let i = low; i < order.length && compare(order[i]!) === 0; i += 1) {
    const entry = order[i]!;
    const isTarget = (kinds[entry]! & kindBits.name) === 0 && (kinds[entry]! & kindBits.type) !== typeCode.dir;
    if (!isTarget || entry === position) continue;
    if (entry > position) return { earlier, later: entry };
    earlier = entry;
  }
  return { earlier, later: -1 };
}
