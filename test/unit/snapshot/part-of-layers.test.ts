import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeColumns, partsOfIndex } from "../../../lib/layer/index-format.ts";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { StoredColumns } from "../../../lib/layer/stored-columns.ts";
import type { Snapshot, TreeNode } from "../../../lib/model/snapshot.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { layered } from "../../../lib/snapshot/layered-snapshot.ts";
import { partOfLayers } from "../../../lib/snapshot/part-of-layers.ts";
import { dir, file, hardlink, header, pax, symlink, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";

// The oracle is the snapshot of whole layers, which other tests hold against a naive model and a real disk.

const name = fc.constantFrom("a", "b", "a-b", "é");
const place = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join("/"));
const kind = fc.constantFrom(
  ...(["file", "file", "dir", "dir", "attributes", "device", "whiteout", "opaque", "hardlink", "symlink"] as const),
);
const item = fc.record({ kind, place, target: place, id: fc.nat({ max: 7 }) });
type Item = typeof item extends fc.Arbitrary<infer Value> ? Value : never;

/** So many that rows of one folder lie in several blocks of the file. */
const filler = fc.constantFrom(0, 0, 0, 150);
const layers = fc.array(fc.record({ items: fc.array(item, { maxLength: 10 }), filler }), {
  minLength: 1,
  maxLength: 4,
});

function memberOf({ kind, place, target, id }: Item): Buffer {
  const fields = { mtime: 1000 + id, uid: id, mode: 0o600 + id };
  const slash = place.lastIndexOf("/") + 1;
  switch (kind) {
    case "file":
      return file(place, "x".repeat(id), fields);
    case "dir":
      return dir(`${place}/`, fields);
    case "attributes":
      return Buffer.concat([pax({ "SCHILY.xattr.user.id": `${id}` }), file(place, "attributes", fields)]);
    case "device":
      return header({ name: place, type: "3", major: id, minor: 1, ...fields });
    case "whiteout":
      return file(`${place.slice(0, slash)}.wh.${place.slice(slash)}`);
    case "opaque":
      return file(`${place}/.wh..wh..opq`);
    case "hardlink":
      return hardlink(place, target, fields);
    case "symlink":
      return symlink(place, target, fields);
  }
}

function layerOf({ items, filler }: { items: readonly Item[]; filler: number }): LayerColumns {
  const fillers = Array.from({ length: filler }, (_, at) =>
    file(`${at % 2 ? "a" : "b"}/filler-${(at * 7) % 150}`, "f"),
  );
  const half = items.length >> 1;
  return scanContents(tar(...items.slice(0, half).map(memberOf), ...fillers, ...items.slice(half).map(memberOf)));
}

function ownFacts(snapshot: Snapshot, node: TreeNode) {
  const tree = layered(snapshot);
  const ref = tree.contentRef(tree.indexOf(node.path));
  const { path, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, device, layer, entry } = node;
  const xattrs = node.xattrs === null ? null : [...node.xattrs];
  const offset = ref?.view.columns.data.contentOffsets[ref.entry];
  return {
    path,
    type,
    mode,
    uid,
    gid,
    sizeBytes,
    mtimeNs,
    linkTarget,
    contentDigest,
    device,
    layer,
    entry,
    xattrs,
    offset,
  };
}

function factsOf(snapshot: Snapshot, node: TreeNode) {
  return { ...ownFacts(snapshot, node), treeBytes: node.treeBytes, childCount: node.childCount };
}

function parentsOf(path: string): string[] {
  return path.split("/").map((_, at, names) => names.slice(0, at).join("/"));
}

/** Everything that a part must tell as the whole does. */
function tellingOf(snapshot: Snapshot, path: string) {
  const node = snapshot.node(path);
  return {
    node: node && factsOf(snapshot, node),
    parents: (node ? parentsOf(path) : []).map(parent => {
      const folder = snapshot.node(parent);
      return folder && ownFacts(snapshot, folder);
    }),
    below: Array.from(snapshot.walk(path), each => factsOf(snapshot, each)),
    children: snapshot.children(path).map(child => child.path),
  };
}

function withStored<Result>(indexes: readonly LayerColumns[], use: (stored: StoredColumns[]) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), "klab-test-"));
  const stored = indexes.map((index, at) => {
    const indexFile = path.join(folder, String(at));
    writeFileSync(indexFile, Buffer.concat(partsOfIndex(encodeColumns(index.data))));
    return StoredColumns.open(indexFile)!;
  });
  try {
    return use(stored);
  } finally {
    for (const each of stored) each.close();
    rmSync(folder, { recursive: true });
  }
}

test("a part of layers tells of its path what whole layers tell, or nothing", () => {
  let told = 0;
  let withLinks = 0;
  fc.assert(
    fc.property(layers, fc.array(place, { minLength: 1, maxLength: 3 }), (stack, others) => {
      const indexes = stack.map(layerOf);
      const whole = applyLayers(indexes);
      const paths = new Set([...others, ...stack.flatMap(({ items }) => items.map(each => each.place))]);
      withStored(indexes, stored => {
        for (const path of paths) {
          const part = partOfLayers(stored, path);
          if (part === null) continue;
          told += 1;
          if (stored.some(each => each.hasLinks)) withLinks += 1;
          expect(tellingOf(part, path)).toEqual(tellingOf(whole, path));
        }
      });
    }),
    { numRuns: 400 },
  );
  expect(told).toBeGreaterThan(200);
  expect(withLinks).toBeGreaterThan(50);
});

test("what only whole layers can tell is left to them", () => {
  const told = (path: string, ...stack: Buffer[][]) =>
    withStored(
      stack.map(members => scanContents(tar(...members))),
      stored => partOfLayers(stored, path) !== null,
    );
  const linked = [dir("usr/lib/"), symlink("lib", "usr/lib"), symlink("usr/lib/so", "so.1"), file("usr/lib/so.1")];
  expect(told("usr/lib", linked)).toBe(true);
  expect(told("usr/lib", linked, [file("usr/bin/sh"), file("liberty"), file("lib-x/a")])).toBe(true);
  expect(told("usr/lib", linked, [file("lib/new")])).toBe(false);
  expect(told("usr/lib", linked, [file("lib/.wh.so.1")])).toBe(false);
  expect(told("usr/lib", linked, [file("lib/.wh..wh..opq")])).toBe(false);
  expect(told("usr/lib", linked, [dir("lib/")])).toBe(false);
  expect(told("a", [file("a/one"), hardlink("a/two", "a/one")])).toBe(true);
  expect(told("a", [file("b/one"), hardlink("a/two", "b/one")])).toBe(true);
  expect(told("a", [file("b/one")], [hardlink("a/two", "b/one")])).toBe(false);
});
