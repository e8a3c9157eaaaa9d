import { expect, test } from "vitest";
import type { ContextEntry } from "../../../lib/context/context-listing.ts";
import { ContextTree } from "../../../lib/context/context-tree.ts";
import { unusedPlaces } from "../../../lib/context/unused-places.ts";
import { entry } from "./entries.ts";

/** As a walk gives them; `kept` is ignored itself, what is in it is not. */
const entries = [
  entry("a.txt"),
  entry("b.md"),
  entry("dir", "dir"),
  entry("dir/deep", "dir"),
  entry("dir/deep/c.txt"),
  entry("dir/d.txt"),
  entry("dir-e"),
  entry("empty", "dir"),
  entry("kept/f.txt"),
];
const tree = new ContextTree(entries);

function taken(...words: string[]): string[] {
  return tree.sources(words).map(({ path, isFolder, entries: below }) => {
    const files = below.filter(({ type }) => type !== "dir").map(file => file.path);
    return `${path}${isFolder ? "/" : ""} ${files.join(" ")}`.trim();
  });
}

test("a file, a folder with everything below it, the whole", () => {
  expect(taken("a.txt", "./dir/", "/empty")).toEqual(["a.txt a.txt", "dir/ dir/deep/c.txt dir/d.txt", "empty/"]);
  expect(taken(".")).toEqual(["/ a.txt b.md dir/deep/c.txt dir/d.txt dir-e kept/f.txt"]);
  expect(taken("../a.txt", "missing")).toEqual(["a.txt a.txt"]);
});

test("a folder that is ignored itself is there as long as something in it is not", () => {
  expect(taken("kept")).toEqual(["kept/ kept/f.txt"]);
  expect(taken("k*")).toEqual(["kept/ kept/f.txt"]);
});

test("one pattern makes patterns of all sources; a star does not go into folders", () => {
  expect(taken("*.txt")).toEqual(["a.txt a.txt"]);
  expect(taken("/*/*.txt", "b.md")).toEqual(["dir/d.txt dir/d.txt", "kept/f.txt kept/f.txt", "b.md b.md"]);
  expect(taken("dir*")).toEqual(["dir/ dir/deep/c.txt dir/d.txt", "dir-e dir-e"]);
  expect(taken("[")).toEqual([]);
});

test("what nothing used is named by the topmost folder that nothing was used of, the largest first", () => {
  const used = new Set(["a.txt", "dir/d.txt"]);
  const unused = entries.filter(({ path, type }: ContextEntry) => type !== "dir" && !used.has(path));
  expect(unusedPlaces(entries, unused)).toEqual([
    { path: "dir/deep", isFolder: true, files: 1, sizeBytes: "dir/deep/c.txt".length },
    { path: "kept", isFolder: true, files: 1, sizeBytes: "kept/f.txt".length },
    { path: "dir-e", isFolder: false, files: 1, sizeBytes: "dir-e".length },
    { path: "b.md", isFolder: false, files: 1, sizeBytes: "b.md".length },
  ]);
});
