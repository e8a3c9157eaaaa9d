import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../../lib/model/snapshot.ts";
import { applyLayer, applyLayers, emptySnapshot } from "../../../lib/snapshot/apply-layers.ts";
import { dir, file, hardlink, symlink, tar } from "../layer/make-tar.ts";
import { scanTar } from "../layer/scan-tar.ts";

function layer(...members: Buffer[]) {
  return scanTar(tar(...members));
}

/** `path` with the first letter of the type, and `@layer` that it comes from. */
function lines(snapshot: Snapshot): string[] {
  return [...snapshot.walk()].map(node => `${node.path} ${node.type} @${node.layer}`);
}

test("the empty snapshot has a root and nothing else", () => {
  expect(emptySnapshot.nodeCount).toBe(0);
  expect(emptySnapshot.totalBytes).toBe(0);
  expect(emptySnapshot.node("")).toMatchObject({
    path: "",
    name: "",
    type: "dir",
    mode: 0o755,
    layer: -1,
    childCount: 0,
  });
  expect(lines(applyLayer(emptySnapshot, layer()))).toEqual([]);
});

test("the root has the attributes that a layer gives it", () => {
  expect(applyLayers([layer(dir("./", { mode: 0o700 }))]).node("")).toMatchObject({ mode: 0o700, layer: 0, entry: 0 });
  expect(applyLayers([layer(file("/", "x")), layer(file("a"))]).node("")).toMatchObject({ type: "dir", layer: -1 });
});

test("children and walks are in byte order, folders before what is in them", () => {
  const snapshot = applyLayers([layer(file("a.b"), file("a/z"), file("a-b"), file("a/b/c"), file("B"), file("é"))]);
  expect(snapshot.children("").map(node => node.name)).toEqual(["B", "a", "a-b", "a.b", "é"]);
  expect([...snapshot.walk()].map(node => node.path)).toEqual(["B", "a", "a/b", "a/b/c", "a/z", "a-b", "a.b", "é"]);
  expect([...snapshot.walk("a")].map(node => node.path)).toEqual(["a/b", "a/b/c", "a/z"]);
  expect(snapshot.children("a-b")).toEqual([]);
  expect(snapshot.node("a/b/c")?.name).toBe("c");
});

test("sizes of folders are sums, implied folders are of root", () => {
  const snapshot = applyLayers([layer(file("a/b/c", "123"), file("a/d", "4567"), file("e", "8"))]);
  expect(snapshot.node("a")).toMatchObject({
    treeBytes: 7,
    childCount: 2,
    mode: 0o755,
    uid: 0,
    mtimeNs: 0n,
    layer: -1,
    entry: -1,
  });
  expect(snapshot.node("a/d")).toMatchObject({ treeBytes: 4, childCount: 0 });
  expect(snapshot.totalBytes).toBe(8);
});

describe("whiteouts", () => {
  const base = layer(file("a/x"), file("a/y/z"), file("b"));

  test("hide a path and all below it, of the layers below only", () => {
    const upper = layer(file("a/.wh.y"), file("a/y/new"), file(".wh.b"), file("c"), file(".wh.c"));
    expect(lines(applyLayers([base, upper]))).toEqual([
      "a dir @-1",
      "a/x file @0",
      "a/y dir @-1",
      "a/y/new file @1",
      "c file @1",
    ]);
  });

  test.each([
    ["before", [file("a/.wh..wh..opq"), file("a/new")]],
    ["after", [file("a/new"), file("a/.wh..wh..opq")]],
  ])("empty a folder, the mark %s the layer's own files", (_where, members) => {
    expect(lines(applyLayers([base, layer(...members)]))).toEqual(["a dir @-1", "a/new file @1", "b file @0"]);
  });

  test("of nothing, of the root, and of bookkeeping", () => {
    const nothing = layer(
      file(".wh.none"),
      file("b/.wh.none"),
      file("none/.wh..wh..opq"),
      file(".wh..wh.plnk/1"),
      file(".wh."),
    );
    expect(lines(applyLayers([base, nothing]))).toEqual(lines(applyLayers([base])));
    expect(lines(applyLayers([base, layer(file(".wh..wh..opq"), file("n"))]))).toEqual(["n file @1"]);
  });
});

test("the type of a path can change, in a layer and between layers", () => {
  const base = layer(file("a/x"), file("b"));
  expect(lines(applyLayers([base, layer(file("a"), file("b/y"))]))).toEqual(["a file @1", "b dir @-1", "b/y file @1"]);
  const within = layer(file("a/x"), file("a"), dir("a/"), file("a/z"));
  expect(lines(applyLayers([base, within]))).toEqual(["a dir @1", "a/z file @1", "b file @0"]);
});

test("the last of several entries counts", () => {
  const snapshot = applyLayers([layer(file("a", "1"), file("a", "22"), file("a", "333"))]);
  expect(snapshot.node("a")).toMatchObject({ entry: 2, sizeBytes: 3 });
});

test("a snapshot stays as it is when more layers are applied", () => {
  const before = applyLayers([layer(file("a"))]);
  const after = applyLayer(before, layer(file(".wh.a"), file("b")));
  expect(lines(before)).toEqual(["a file @0"]);
  expect(lines(after)).toEqual(["b file @1"]);
});

describe("hard links", () => {
  test("show the file that they were linked to", () => {
    const base = layer(file("a", "old!", { mode: 0o600, uid: 5 }), hardlink("b", "a", { mode: 0o777 }));
    const snapshot = applyLayers([base, layer(file("a", "new"))]);
    expect(snapshot.node("b")).toMatchObject({
      type: "hardlink",
      linkTarget: "a",
      sizeBytes: 4,
      mode: 0o600,
      uid: 5,
      layer: 0,
    });
    expect(snapshot.node("a")).toMatchObject({ sizeBytes: 3, layer: 1 });
    expect(applyLayers([base]).totalBytes).toBe(4);
  });

  test("reach into the layers below, also to what their layer removes, and through each other", () => {
    const base = layer(file("a", "base"), hardlink("a2", "a"));
    const upper = layer(hardlink("x", "a2"), file(".wh.a"), hardlink("y", "x"), file(".wh.a2"));
    const snapshot = applyLayers([base, upper]);
    expect(lines(snapshot)).toEqual(["x hardlink @1", "y hardlink @1"]);
    expect(snapshot.node("y")).toMatchObject({ sizeBytes: 4, linkTarget: "x" });
  });

  test("take the entry before them, else one after them; nothing when there is none", () => {
    const snapshot = applyLayers([
      layer(
        file("a", "1"),
        hardlink("early", "a"),
        file("a", "22"),
        hardlink("forward", "later"),
        file("later", "333"),
      ),
      layer(hardlink("dangling", "nothing"), hardlink("l1", "l2"), hardlink("l2", "l1"), hardlink("folder", "")),
    ]);
    expect(snapshot.node("early")?.sizeBytes).toBe(1);
    expect(snapshot.node("forward")?.sizeBytes).toBe(3);
    for (const path of ["dangling", "l1", "l2", "folder"]) {
      expect(snapshot.node(path)).toMatchObject({ type: "hardlink", sizeBytes: 0, contentDigest: null });
    }
  });
});

describe("parents that are symbolic links", () => {
  const base = layer(
    dir("usr/bin/"),
    file("usr/bin/old"),
    symlink("bin", "usr/bin"),
    symlink("abs", "/usr/bin/../bin"),
  );

  test("are followed inside of the tree", () => {
    const upper = layer(file("bin/new"), file("abs/other"), hardlink("link", "bin/old"), file("bin/.wh.old"));
    expect(lines(applyLayers([base, upper]))).toEqual([
      "abs symlink @0",
      "bin symlink @0",
      "link hardlink @1",
      "usr dir @-1",
      "usr/bin dir @0",
      "usr/bin/new file @1",
      "usr/bin/other file @1",
    ]);
    expect(applyLayers([base, upper]).node("usr/bin/new")).toMatchObject({ path: "usr/bin/new", name: "new" });
  });

  test("are followed when the same layer made them, up to where it replaces them", () => {
    const upper = layer(
      dir("d/"),
      symlink("l", "d"),
      file("l/in-d"),
      dir("l/"),
      file("l/in-l"),
      symlink("up", "../../d"),
      file("up/also-in-d"),
    );
    expect(lines(applyLayers([upper]))).toEqual([
      "d dir @0",
      "d/also-in-d file @0",
      "d/in-d file @0",
      "l dir @0",
      "l/in-l file @0",
      "up symlink @0",
    ]);
  });

  test("that are whited out, replaced or go in circles are none", () => {
    expect(lines(applyLayers([base, layer(file(".wh.bin"), file("bin/x"))]))).toContain("bin/x file @1");
    expect(lines(applyLayers([base, layer(dir("bin/"), file("bin/x"))]))).toContain("bin/x file @1");
    const circle = layer(symlink("a", "b"), symlink("b", "a"));
    expect(lines(applyLayers([circle, layer(file("a/x"))]))).toContain("a/x file @1");
  });
});

test("an opaque folder behind a link is emptied where the link leads", () => {
  const base = layer(file("real/a"), symlink("link", "real"));
  expect(lines(applyLayers([base, layer(file("link/.wh..wh..opq"))]))).toEqual(["link symlink @0", "real dir @-1"]);
});
