import { expect, test } from "vitest";
import type { Change } from "../../../lib/model/snapshot.ts";
import { applyLayer, applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { countChanges } from "../../../lib/snapshot/count-changes.ts";
import { diffSnapshots } from "../../../lib/snapshot/diff-snapshots.ts";
import { layerChanges } from "../../../lib/snapshot/layer-changes.ts";
import { pathHistory } from "../../../lib/snapshot/path-history.ts";
import { dir, file, hardlink, header, pax, symlink, tar } from "../layer/make-tar.ts";
import { indexed } from "../layer/temporary.ts";

async function layer(...members: Buffer[]) {
  return (await indexed(tar(...members))).index;
}

function line({ kind, path, causes }: Change): string {
  return [kind, path, ...causes].join(" ");
}

const old = [
  file("content", "one"),
  file("mode"),
  file("owner"),
  file("time"),
  file("xattr"),
  symlink("link", "one"),
  file("type"),
  file("same", "same"),
  header({ name: "device", type: "3", major: 1, minor: 3 }),
  file("all", "one"),
  dir("folder/"),
  file("folder/in"),
];

const fresh = [
  file("content", "two"),
  file("mode", "", { mode: 0o600 }),
  file("owner", "", { gid: 7 }),
  file("time", "", { mtime: 1 }),
  pax({ "SCHILY.xattr.user.a": "1" }),
  file("xattr"),
  symlink("link", "two"),
  dir("type/"),
  file("same", "same"),
  header({ name: "device", type: "3", major: 1, minor: 5 }),
  pax({ "SCHILY.xattr.user.a": "1" }),
  file("all", "three", { mode: 0o600, uid: 1, mtime: 2 }),
  file("folder"),
  file("new", "12345"),
];

const changes = [
  "M all content mode owner time xattr",
  "M content content",
  "M device content",
  "M folder type mode",
  "D folder/in",
  "M link link",
  "M mode mode",
  "A new",
  "M owner owner",
  "M same rewritten",
  "M time time",
  "M type type mode",
  "M xattr xattr",
];

test("every cause, in the order of paths", async () => {
  const before = applyLayers([await layer(...old)]);
  const after = applyLayers([await layer(...fresh)]);
  expect([...diffSnapshots(before, after, { rewritten: true })].map(line)).toEqual(changes);
  expect([...diffSnapshots(before, after)].map(line)).toEqual(changes.filter(change => !change.endsWith("rewritten")));
});

test("a layer's changes are the same, and count", async () => {
  const before = applyLayers([await layer(...old)]);
  const found = [...layerChanges(before, await layer(...fresh))];
  expect(found.map(line)).toEqual(changes);
  expect(countChanges(found)).toEqual({ added: 1, modified: 10, deleted: 1, bytesDelta: 7, bytesAdded: 13 });
  expect(found.find(change => change.path === "content")).toMatchObject({
    before: { sizeBytes: 3, layer: 0 },
    after: { sizeBytes: 3, layer: 1 },
  });
});

test("nothing differs between images that share their layers, whichever indexes stand for them", async () => {
  const members = [file("a", "1"), hardlink("b", "a"), file("c/d")];
  const [one, other] = [await layer(...members), await layer(...members)];
  const before = applyLayers([one]);
  expect([...diffSnapshots(before, applyLayers([other]), { rewritten: true })].map(line)).toEqual(["M b rewritten"]);
  expect([...diffSnapshots(before, before, { rewritten: true })]).toEqual([]);
  const more = applyLayer(before, await layer(file("e")));
  expect([...diffSnapshots(before, more)].map(line)).toEqual(["A e"]);
  expect([...diffSnapshots(more, before)].map(line)).toEqual(["D e"]);
});

test("a file that becomes a hard link with the same content differs in its link only", async () => {
  const before = applyLayers([await layer(file("a", "1"), file("b", "1"))]);
  const after = applyLayers([await layer(file("a", "1"), hardlink("b", "a"))]);
  expect([...diffSnapshots(before, after)].map(line)).toEqual(["M b link"]);
});

test("the history of a path: what each layer did to it", async () => {
  const layers = [
    await layer(file("f", "1"), file("other")),
    await layer(file("unrelated")),
    await layer(file("f", "2")),
    await layer(file("f", "2")),
    await layer(file(".wh.f")),
    await layer(file(".wh.f")),
    await layer(dir("f/"), file("f/x")),
  ];
  const history = pathHistory(layers, "f").map(({ layer: at, change }) => `${at} ${line(change)}`);
  expect(history).toEqual(["0 A f", "2 M f content", "3 M f rewritten", "4 D f", "6 A f"]);
  expect(pathHistory(layers, "none")).toEqual([]);
});
