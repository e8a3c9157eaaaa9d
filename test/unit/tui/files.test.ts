import { describe, expect, test } from "vitest";
import { changeSource } from "../../../cli/tui/files/change-source.ts";
import { type KindFilter, usualKinds } from "../../../cli/tui/files/file-source.ts";
import { type FlattenOptions, flatten, rowOfPath, unfoldTo } from "../../../cli/tui/files/flatten.ts";
import { atOnce } from "../../../lib/pausing.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { summingChanges } from "../../../lib/snapshot/change-tree.ts";
import { diffSnapshots } from "../../../lib/snapshot/diff-snapshots.ts";
import { dir, file, tar } from "../layer/make-tar.ts";
import { indexed } from "../layer/temporary.ts";

async function snapshotOf(...members: Buffer[]) {
  return applyLayers([(await indexed(tar(...members))).index]);
}

const bytes = (count: number) => "x".repeat(count);

/** Rewritten: `a` and `only`; added: `a/new`; modified: `a/b/mod`; deleted: `z/old`. */
async function exampleChanges() {
  const before = await snapshotOf(
    dir("a/"),
    dir("a/b/"),
    file("a/b/mod", bytes(10)),
    dir("only/"),
    dir("z/"),
    file("z/old", bytes(40)),
  );
  const after = await snapshotOf(
    dir("a/", { mtime: 5 }),
    dir("a/b/"),
    file("a/b/mod", bytes(25)),
    file("a/new", bytes(100)),
    dir("only/", { mtime: 5 }),
    dir("z/"),
  );
  return atOnce(summingChanges(diffSnapshots(before, after)));
}

async function listed(options: Partial<FlattenOptions> = {}): Promise<string[]> {
  const source = changeSource(await exampleChanges());
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
    const source = changeSource(await exampleChanges());
    expect(source.counts).toEqual({ added: 1, modified: 1, deleted: 1, rewritten: 2 });
    expect(source.sizeBytes).toBe(75);
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
      const source = changeSource(await exampleChanges());
      const rows = flatten(source, { kinds: usualKinds, sort: "name", openByDefault, toggled });
      expect(rows[rowOfPath(rows, "a/b/mod")]?.item.path).toBe("a/b/mod");
    }
  });

  test("a path that is not there leads to the nearest folder above it", async () => {
    const source = changeSource(await exampleChanges());
    const rows = flatten(source, { kinds: usualKinds, sort: "name", openByDefault: true, toggled: new Set() });
    expect(rows[rowOfPath(rows, "a/b/gone/deeper")]?.item.path).toBe("a/b");
    expect(rowOfPath(rows, "nowhere")).toBe(-1);
  });
});
