import { describe, expect, test } from "vitest";
import { changeSource } from "../../../cli/tui/files/change-source.ts";
import { type KindFilter, usualKinds } from "../../../cli/tui/files/file-source.ts";
import { type FlattenOptions, flatten, rowOfPath, unfoldTo } from "../../../cli/tui/files/flatten.ts";
import type { Change, ChangeCause, TreeNode } from "../../../lib/model/snapshot.ts";

function node(path: string, sizeBytes: number, type: TreeNode["type"] = "file"): TreeNode {
  return {
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    type,
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes,
    mtimeNs: 0n,
    linkTarget: null,
    contentDigest: null,
    xattrs: null,
    device: null,
    layer: 0,
    entry: 0,
    treeBytes: sizeBytes,
    childCount: 0,
  };
}

const added = (path: string, sizeBytes: number): Change => ({
  path,
  kind: "A",
  causes: [],
  before: null,
  after: node(path, sizeBytes),
});
const deleted = (path: string, sizeBytes: number): Change => ({
  path,
  kind: "D",
  causes: [],
  before: node(path, sizeBytes),
  after: null,
});
const modified = (path: string, before: number, after: number, ...causes: ChangeCause[]): Change => ({
  path,
  kind: "M",
  causes,
  before: node(path, before),
  after: node(path, after),
});
const rewritten = (path: string): Change => ({
  path,
  kind: "M",
  causes: ["time"],
  before: node(path, 0, "dir"),
  after: node(path, 0, "dir"),
});

const changes = [
  rewritten("a"),
  added("a/new", 100),
  modified("a/b/mod", 10, 25, "content"),
  deleted("z/old", 40),
  rewritten("only"),
];

async function listed(options: Partial<FlattenOptions> = {}): Promise<string[]> {
  const source = await changeSource(changes);
  return flatten(source, { kinds: usualKinds, sort: "name", openByDefault: true, toggled: new Set(), ...options }).map(
    ({ item, depth }) => `${item.mark}${" ".repeat(depth)}${item.name} ${item.sizeBytes}`,
  );
}

describe("changes as a tree", () => {
  test("every folder on the way is there, with the sums of what is below it", async () => {
    expect(await listed()).toEqual(["  a 115".slice(1), "  b 15", "~  mod 15", "+ new 100", " z -40", "- old -40"]);
  });

  test("only the kinds that are asked for; a folder goes with the last of them", async () => {
    const none: KindFilter = { added: false, modified: false, deleted: false, rewritten: false };
    expect(await listed({ kinds: { ...none, deleted: true } })).toEqual([" z -40", "- old -40"]);
    expect(await listed({ kinds: { ...none, rewritten: true } })).toEqual(["=a 115", "=only 0"]);
    expect(await listed({ kinds: none })).toEqual([]);
  });

  test("sorted by what changed most", async () => {
    expect(await listed({ sort: "size" })).toEqual([
      " a 115",
      "+ new 100",
      "  b 15",
      "~  mod 15",
      " z -40",
      "- old -40",
    ]);
  });

  test("counts", async () => {
    const source = await changeSource(changes);
    expect(source.counts).toEqual({ added: 1, modified: 1, deleted: 1, rewritten: 2 });
    expect(source.sizeBytes).toBe(75);
  });

  test("more changes than anyone reads are listed in part, and that is said", async () => {
    const many = Array.from({ length: 300_001 }, (_, at) => added(`f${at}`, 1));
    const source = await changeSource(many);
    expect(source.total).toBe(300_001);
    expect(source.caution).toBe("the first 300000 of 300001 changes");
  });
});

describe("folding", () => {
  test("what is toggled is the other way round", async () => {
    expect(await listed({ toggled: new Set(["a"]) })).toEqual([" a 115", " z -40", "- old -40"]);
    expect(await listed({ openByDefault: false, toggled: new Set(["z"]) })).toEqual([" a 115", " z -40", "- old -40"]);
  });

  test("a path is unfolded to, whatever was folded", async () => {
    for (const openByDefault of [true, false]) {
      const folded = new Set(openByDefault ? ["a", "a/b"] : []);
      const toggled = unfoldTo("a/b/mod", openByDefault, folded);
      const source = await changeSource(changes);
      const rows = flatten(source, { kinds: usualKinds, sort: "name", openByDefault, toggled });
      expect(rows[rowOfPath(rows, "a/b/mod")]?.item.path).toBe("a/b/mod");
    }
  });

  test("a path that is not there leads to the nearest folder above it", async () => {
    const source = await changeSource(changes);
    const rows = flatten(source, { kinds: usualKinds, sort: "name", openByDefault: true, toggled: new Set() });
    expect(rows[rowOfPath(rows, "a/b/gone/deeper")]?.item.path).toBe("a/b");
    expect(rowOfPath(rows, "nowhere")).toBe(-1);
  });
});
