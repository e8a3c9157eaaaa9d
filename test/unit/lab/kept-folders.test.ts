import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLab } from "../../../lib/lab/open-lab.ts";
import type { Step } from "../../../lib/model/build.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { dir, file, pax, symlink, tar } from "../layer/make-tar.ts";

// A folder with so much below it that its listing is kept for the next program that asks.

let root: string;
let layer: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-folders-"));
  layer = join(root, "layer.tar");
  const many = Array.from({ length: 10_050 }, (_, at) => file(`usr/share/${at % 100}/${at}`, "x".repeat(at % 7)));
  const noted = Buffer.concat([pax({ "SCHILY.xattr.user.note": "yes", mtime: "-5" }), file("usr/noted", "abc")]);
  writeFileSync(layer, tar(dir("usr/"), noted, symlink("usr/link", "noted"), ...many));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The answer of a program that has just started. */
async function list(path: string) {
  const lab = openLab({ cache: new CacheFolder(join(root, "cache")) });
  const target = await lab.openTarget(layer);
  const folder = await lab.folderOf(target, target.steps.at(-1) as Step, path);
  const facts = ({
    path,
    name,
    type,
    mode,
    sizeBytes,
    mtimeNs,
    linkTarget,
    contentDigest,
    xattrs,
    treeBytes,
    childCount,
    entry,
  }: NonNullable<typeof folder>["node"]) => ({
    path,
    name,
    type,
    mode,
    sizeBytes,
    mtimeNs,
    linkTarget,
    contentDigest,
    xattrs: xattrs && [...xattrs].map(([key, value]) => [key, Buffer.from(value).toString()]),
    treeBytes,
    childCount,
    entry,
  });
  return folder && { node: facts(folder.node), children: folder.children.map(facts) };
}

const keptFiles = () => readdirSync(join(root, "cache/index")).filter(name => name.startsWith("folder-"));

test("what is kept is what the tree says, to the last attribute", async () => {
  for (const path of ["", "usr"]) {
    const first = await list(path);
    expect(first?.node.treeBytes).toBe(
      3 + Array.from({ length: 10_050 }, (_, at) => at % 7).reduce((sum, n) => sum + n, 0),
    );
    expect(await list(path)).toEqual(first);
  }
  const usr = await list("usr");
  expect(usr?.children.map(({ name }) => name)).toEqual(["link", "noted", "share"]);
  expect(usr?.children[1]).toMatchObject({ mtimeNs: -5_000_000_000n, xattrs: [["user.note", "yes"]] });
  expect(keptFiles()).toHaveLength(1);
});

test("a kept listing is taken: it says what the tree no longer could", async () => {
  const first = await list("");
  expect(keptFiles()).toHaveLength(1);
  const [index] = readdirSync(join(root, "cache/index")).filter(name => !name.startsWith("folder-"));
  const indexFile = join(root, "cache/index", index!);
  const bytes = readFileSync(indexFile);
  bytes.fill(0xff, bytes.length - 8192);
  writeFileSync(indexFile, bytes);
  expect(await list("")).toEqual(first);
});

test("damaged, it is made again without a word", async () => {
  const first = await list("");
  const kept = join(root, "cache/index", keptFiles()[0]!);
  const good = readFileSync(kept);
  for (const at of [0, 3, 4, 40, good.length - 1]) {
    const bad = Buffer.from(good);
    bad[at]! ^= 1;
    writeFileSync(kept, bad);
    expect(await list("")).toEqual(first);
    expect(readFileSync(kept).equals(bad)).toBe(false);
  }
  writeFileSync(kept, "");
  expect(await list("")).toEqual(first);
});

test("small trees and what is not there leave nothing behind", async () => {
  expect(await list("nothing/here")).toBeNull();
  writeFileSync(layer, tar(dir("usr/"), file("usr/a", "x")));
  expect((await list(""))?.children).toHaveLength(1);
  expect(keptFiles()).toEqual([]);
});
