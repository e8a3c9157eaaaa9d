/** Rectangles for a tree of sizes, near to squares (squarified treemap), for any screen: pixels or terminal cells. Pure. */

import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import type { SizeNode } from "./size-tree.ts";

export interface TreemapOptions {
  /** Of the whole, in units of the screen. */
  readonly width: number;
  readonly height: number;
  /** How many times as high as wide a unit is: 1 for pixels, about 2 for terminal cells. */
  readonly unitHeight: number;
  /** Free room at the top of each folder, for its name. */
  readonly titleHeight: number;
  /** Free room between rectangles and around those in a folder. */
  readonly gap: number;
  /** Whole units only. */
  readonly isRounded: boolean;
}

export interface TreemapCell {
  readonly node: SizeNode;
  /** From 0 for the start. */
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Folders stand before what is in them; cells without any room are left out. The start is the first cell. */
export function treemapCells(tree: SizeNode, options: TreemapOptions): TreemapCell[] {
  const { width, height, unitHeight, titleHeight, gap } = options;
  // Only leaves count: a folder's own sum would be added to that of its children.
  const root = hierarchy(tree, ({ children }) => children).sum(({ children, sizeBytes }) =>
    children.length === 0 ? sizeBytes : 0,
  );
  const layout = treemap<SizeNode>()
    .tile(treemapSquarify)
    .size([width, height * unitHeight])
    .paddingInner(gap)
    .paddingOuter(gap)
    .paddingTop(titleHeight * unitHeight);
  const edge = options.isRounded ? Math.round : (at: number) => at;
  const cells: TreemapCell[] = [];
  layout(root).eachBefore(({ data: node, depth, x0, x1, y0, y1 }) => {
    const [left, right, top, bottom] = [edge(x0), edge(x1), edge(y0 / unitHeight), edge(y1 / unitHeight)];
    if (right <= left || bottom <= top) return;
    cells.push({ node, depth, x: left, y: top, width: right - left, height: bottom - top });
  });
  return cells;
}

/** The folder or file at a point, the innermost one; null outside. */
export function cellAt(cells: readonly TreemapCell[], x: number, y: number): TreemapCell | null {
  return (
    cells.findLast(cell => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height) ?? null
  );
}
