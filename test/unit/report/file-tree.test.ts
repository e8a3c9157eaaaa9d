import { describe, expect, test } from "vitest";
import { childRows, fileTree, parentRow, searchRows, visibleRows } from "../../../cli/report/file-tree.ts";

const paths = ["bin", "bin/sh", "etc", "etc/ssl", "etc/ssl/certs", "etc/ssl/certs/a.pem", "etc/ssl-old", "etc.txt"];
const tree = fileTree(paths);
const told = (rows: readonly number[]) => rows.map(row => paths[row]);

describe("a table of files as a tree", () => {
  test("who is in which folder", () => {
    expect([...tree.depths]).toEqual([0, 1, 0, 1, 2, 3, 1, 0]);
    expect(told(childRows(tree, -1))).toEqual(["bin", "etc", "etc.txt"]);
    expect(told(childRows(tree, 2))).toEqual(["etc/ssl", "etc/ssl-old"]);
    expect(told(childRows(tree, 5))).toEqual([]);
    expect(paths.map((_, row) => parentRow(tree, row))).toEqual([-1, 0, -1, 2, 3, 4, 2, -1]);
  });

  test("what open folders show, in any order", () => {
    const open = new Set([2, 3]);
    expect(told(visibleRows(tree, row => open.has(row)))).toEqual([
      "bin",
      "etc",
      "etc/ssl",
      "etc/ssl/certs",
      "etc/ssl-old",
      "etc.txt",
    ]);
    expect(
      told(
        visibleRows(
          tree,
          row => row === 2,
          rows => rows.reverse(),
        ),
      ),
    ).toEqual(["etc.txt", "etc", "etc/ssl-old", "etc/ssl", "bin"]);
  });

  test("a search wants every word, and case only where a word has a capital", () => {
    expect(told(searchRows(paths, "ssl certs"))).toEqual(["etc/ssl/certs", "etc/ssl/certs/a.pem"]);
    expect(searchRows(["README", "readme"], "readme")).toEqual([0, 1]);
    expect(searchRows(["README", "readme"], "README")).toEqual([0]);
    expect(searchRows(paths, "  ")).toEqual([]);
  });
});
