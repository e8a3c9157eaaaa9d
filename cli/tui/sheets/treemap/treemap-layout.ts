/** Where the cells of a treemap are on the screen, and which one is beside which. Pure. */

import { type TreemapCell, treemapCells } from "../../../../lib/analysis/treemap/treemap.ts";
import { statusRowCount } from "../../state/select.ts";
import type { State } from "../../state/state.ts";
import type { TreemapData } from "./treemap-data.ts";

/** Characters are about twice as high as wide. */
const characterHeight = 2;
/** Title of the sheet and what is told of the selected cell. */
const otherRows = 2;

export interface TreemapBox {
  readonly width: number;
  readonly height: number;
}

export function treemapBox(state: State): TreemapBox {
  const { columns, rows } = state.size;
  // The footer, too; a column and a row for the edges at the right and below. The folder's own title is that of the sheet.
  return { width: Math.max(1, columns - 1), height: Math.max(1, rows - otherRows - 1 - statusRowCount(state)) };
}

/** Asked for with every key: kept as long as the sizes and the screen are the same. */
const kept = new WeakMap<TreemapData, { readonly box: TreemapBox; readonly cells: readonly TreemapCell[] }>();

export function cellsOf(data: TreemapData, box: TreemapBox): readonly TreemapCell[] {
  const known = kept.get(data);
  if (known && known.box.width === box.width && known.box.height === box.height) return known.cells;
  const cells = treemapCells(data.tree, {
    ...box,
    unitHeight: characterHeight,
    titleHeight: 1,
    gap: 0,
    isRounded: true,
  });
  kept.set(data, { box, cells });
  return cells;
}

/** Those that can be selected, largest first: what is directly in the folder. */
export function mainCells(data: TreemapData, box: TreemapBox): readonly TreemapCell[] {
  return cellsOf(data, box)
    .filter(cell => cell.depth === 1)
    .sort((one, other) => other.node.sizeBytes - one.node.sizeBytes);
}

export type Side = "left" | "right" | "up" | "down";

/** The place among `cells` of the one beside `cells[from]`; `from` itself at the edge. */
export function cellBeside(cells: readonly TreemapCell[], from: number, side: Side): number {
  const start = cells[from];
  if (!start) return 0;
  const [x, y] = [start.x + start.width / 2, start.y + start.height / 2];
  let best = from;
  let nearest = Number.POSITIVE_INFINITY;
  for (const [at, cell] of cells.entries()) {
    if (at === from || !isBeyond(start, cell, side)) continue;
    const across = side === "left" || side === "right";
    const gapX = across ? distance(start.x, start.width, cell.x, cell.width) : Math.abs(cell.x + cell.width / 2 - x);
    const gapY = across ? Math.abs(cell.y + cell.height / 2 - y) : distance(start.y, start.height, cell.y, cell.height);
    // Those that lie straight on come first.
    const overlaps = across
      ? cell.y < start.y + start.height && cell.y + cell.height > start.y
      : cell.x < start.x + start.width && cell.x + cell.width > start.x;
    const far = (overlaps ? 0 : 10_000) + gapX + gapY * characterHeight + (across ? gapX * 10 : gapY * 10);
    if (far >= nearest) continue;
    nearest = far;
    best = at;
  }
  return best;
}

function isBeyond(start: TreemapCell, cell: TreemapCell, side: Side): boolean {
  switch (side) {
    case "left":
      return cell.x + cell.width <= start.x;
    case "right":
      return cell.x >= start.x + start.width;
    case "up":
      return cell.y + cell.height <= start.y;
    case "down":
      return cell.y >= start.y + start.height;
  }
}

function distance(one: number, length: number, other: number, otherLength: number): number {
  return Math.max(0, other - (one + length), one - (other + otherLength));
}
