import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SizeNode, sizeTree } from "../../../lib/analysis/treemap/size-tree.ts";
import { snapshotSizes } from "../../../lib/analysis/treemap/snapshot-sizes.ts";
import { cellAt, type TreemapCell, treemapCells } from "../../../lib/analysis/treemap/treemap.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { dir, file, hardlink, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";

const pixels = { width: 800, height: 400, unitHeight: 1, titleHeight: 16, gap: 2, isRounded: false };
const terminal = { width: 80, height: 20, unitHeight: 2, titleHeight: 1, gap: 0, isRounded: true };

function snapshotOf(...members: Uint8Array[]) {
  return applyLayers([scanContents(tar(...members))]);
}

/** `path size` for each node, folders before what is in them, indented. */
function told(node: SizeNode, indent = ""): string[] {
  const name = node.restCount > 0 ? `(${node.restCount} more)` : node.name;
  return [`${indent}${name} ${node.sizeBytes}`, ...node.children.flatMap(child => told(child, `${indent}  `))];
}

describe("sizes of a snapshot", () => {
  const snapshot = snapshotOf(
    dir("usr/"),
    file("usr/large", "x".repeat(600)),
    file("usr/small", "x".repeat(9)),
    file("usr/smaller", "x".repeat(8)),
    file("usr/empty", ""),
    hardlink("usr/again", "usr/large"),
    file("etc/one/two/deep", "x".repeat(383)),
  );

  test("largest first, the small ones of a folder together, a hard link only once", () => {
    expect(told(snapshotSizes(snapshot, "", { depth: 9, smallestShare: 0.01 })!)).toEqual([
      " 1000",
      "  usr 617",
      "    large 600",
      "    (2 more) 17",
      "  etc 383",
      "    one 383",
      "      two 383",
      "        deep 383",
    ]);
  });

  test("not deeper than wanted, and from any folder", () => {
    expect(told(snapshotSizes(snapshot, "etc", { depth: 1, smallestShare: 0 })!)).toEqual(["etc 383", "  one 383"]);
    expect(snapshotSizes(snapshot, "usr/large", { depth: 1, smallestShare: 0 })).toBeNull();
    expect(snapshotSizes(snapshot, "nowhere", { depth: 1, smallestShare: 0 })).toBeNull();
  });
});

interface Sizes {
  readonly [name: string]: number | Sizes;
}

function treeOf(sizes: Sizes, smallestShare = 0): SizeNode {
  const sum = (of: Sizes | number): number =>
    typeof of === "number" ? of : Object.values(of).reduce<number>((total, each) => total + sum(each), 0);
  const at = (path: string) =>
    path.split("/").reduce<Sizes | number>((of, name) => (name === "" ? of : (of as Sizes)[name]!), sizes);
  const place = (path: string) => ({
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    isFolder: typeof at(path) !== "number",
    sizeBytes: sum(at(path)),
  });
  const children = ({ path }: { path: string }) =>
    Object.keys(at(path)).map(name => place(path === "" ? name : `${path}/${name}`));
  return sizeTree(place(""), children, { depth: 9, smallestShare });
}

const names = fc.constantFrom("a", "b", "c", "d", "e");
const { sizes } = fc.letrec<{ sizes: Sizes; value: number | Sizes }>(tie => ({
  sizes: fc.dictionary(names, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 3, depthSize: "small" }, fc.integer({ min: 0, max: 100_000 }), tie("sizes")),
}));

function right({ x, width }: TreemapCell): number {
  return x + width;
}

function bottom({ y, height }: TreemapCell): number {
  return y + height;
}

/** Rectangles are made of fractions: what they lack of a whole is not meant. */
const hair = 1e-6;

describe("rectangles", () => {
  test("areas are as the sizes", () => {
    const cells = treemapCells(treeOf({ a: 600, b: 300, c: 100 }), { ...pixels, titleHeight: 0, gap: 0 });
    const areas = cells.map(({ node, width, height }) => [node.path, Math.round(width * height)]);
    expect(areas).toEqual([
      ["", 320_000],
      ["a", 192_000],
      ["b", 96_000],
      ["c", 32_000],
    ]);
  });

  test.each([
    ["pixels", pixels],
    ["terminal cells", terminal],
  ])("lie within their folders and not on each other: %s", (_, options) => {
    fc.assert(
      fc.property(sizes, tree => {
        const cells = treemapCells(treeOf(tree, 0.001), options);
        const folders = cells.filter(({ node }) => node.isFolder);
        for (const cell of cells) {
          const parents = folders.filter(({ node }) => node.path !== cell.node.path || cell.node.restCount > 0);
          for (const { node, ...area } of parents) {
            if (node.path !== "" && !cell.node.path.startsWith(`${node.path}/`)) continue;
            expect(cell.x).toBeGreaterThanOrEqual(area.x - hair);
            expect(cell.y).toBeGreaterThanOrEqual(area.y - hair);
            expect(right(cell)).toBeLessThanOrEqual(area.x + area.width + hair);
            expect(bottom(cell)).toBeLessThanOrEqual(area.y + area.height + hair);
          }
        }
        const leaves = cells.filter(({ node }) => node.children.length === 0);
        for (const [at, one] of leaves.entries()) {
          for (const other of leaves.slice(at + 1)) {
            const isApart =
              right(one) <= other.x + hair ||
              right(other) <= one.x + hair ||
              bottom(one) <= other.y + hair ||
              bottom(other) <= one.y + hair;
            expect(isApart).toBe(true);
          }
        }
      }),
    );
  });

  test("terminal cells are whole, and as many as the screen has", () => {
    const cells = treemapCells(treeOf({ a: 5, b: 5, c: { d: 7, e: 3 } }), terminal);
    for (const { x, y, width, height } of cells) expect([x, y, width, height].every(Number.isInteger)).toBe(true);
    expect(cells[0]).toMatchObject({ x: 0, y: 0, width: 80, height: 20 });
    expect(cellAt(cells, 0, 0)?.node.path).toBe("");
    expect(cellAt(cells, 80, 0)).toBeNull();
    const inside = cells.find(({ node }) => node.path === "c/d")!;
    expect(cellAt(cells, inside.x, inside.y)?.node.path).toBe("c/d");
  });

  test("of nothing there is only the whole", () => {
    expect(treemapCells(treeOf({}), pixels).map(({ node }) => node.path)).toEqual([""]);
  });

  test("ten thousand small files are one rectangle", () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`f${at}`, 1 + (at % 7)]));
    const cells = treemapCells(treeOf({ many, large: 400_000 }, 0.0005), pixels);
    const found = cells.map(({ node }) => `${node.path} ${node.restCount}`).sort();
    expect(found).toEqual([" 0", "large 0", "many 0", "many 10000"]);
  });
});
