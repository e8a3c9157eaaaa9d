import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { extractNodes } from "../../../lib/snapshot/extract-nodes.ts";
import { readNode } from "../../../lib/snapshot/read-node.ts";
import { resolvePath } from "../../../lib/snapshot/resolve-path.ts";
import { dir, file, hardlink, header, pax, symlink, tar } from "../layer/make-tar.ts";
import { indexed, temporaryFolder } from "../layer/temporary.ts";

async function imageOf(...layers: Buffer[]) {
  const sources = await Promise.all(layers.map(indexed));
  return { sources, snapshot: applyLayers(sources.map(source => source.index)) };
}

async function extracted(layers: Buffer[], paths: string[] = [], preserveOwner = false) {
  const { snapshot, sources } = await imageOf(...layers);
  const to = path.join(await temporaryFolder(), "out");
  const result = await extractNodes(snapshot, sources, { paths, to, preserveOwner });
  return { to, result, at: (name: string) => path.join(to, name) };
}

const long = "long ".repeat(600_000);
const base = gzipSync(
  tar(
    dir("./", { mode: 0o700 }),
    dir("d/", { mode: 0o555, mtime: 1000 }),
    file("d/f", "old", { mode: 0o4750, mtime: 2000 }),
    file("long", long),
    file("empty", "", { mode: 0o600 }),
    hardlink("d/h", "d/f"),
    symlink("abs", "/etc/passwd"),
    symlink("up", "../../outside"),
  ),
);
const upper = tar(file("d/f", "new", { mtime: 3000 }), file(".wh.empty"), file("added/deep/x", "x"));

test("files, folders and links as after the last layer, with modes and times", async () => {
  const { at, result, to } = await extracted([base, upper]);
  expect(readFileSync(at("d/f"), "utf8")).toBe("new");
  expect(readFileSync(at("d/h"), "utf8")).toBe("old");
  expect(readFileSync(at("long"), "utf8") === long).toBe(true);
  expect(readFileSync(at("added/deep/x"), "utf8")).toBe("x");
  expect(readlinkSync(at("abs"))).toBe("/etc/passwd");
  expect(readlinkSync(at("up"))).toBe("../../outside");
  expect(existsSync(at("empty"))).toBe(false);
  expect(lstatSync(at("d")).mode & 0o7777).toBe(0o555);
  expect(lstatSync(at("d")).mtimeMs).toBe(1_000_000);
  expect(lstatSync(at("d/h")).mode & 0o7777).toBe(0o750);
  expect(lstatSync(at("d/f")).mtimeMs).toBe(3_000_000);
  expect(result).toEqual({ files: 6, folders: 3, sizeBytes: long.length + 7, skipped: [] });
  expect(readdirSync(to).sort()).toEqual(["abs", "added", "d", "long", "up"]);
  chmodSync(at("d"), 0o755);
});

test("hard links are one file", async () => {
  const { at } = await extracted([tar(file("a", "x"), hardlink("b", "a"), hardlink("c", "b"))]);
  expect(new Set(["a", "b", "c"].map(name => lstatSync(at(name)).ino)).size).toBe(1);
  const alone = await extracted([tar(file("a", "x"), hardlink("b", "a"))], ["b"]);
  expect(readFileSync(alone.at("b"), "utf8")).toBe("x");
});

test("some paths, with their parents; a missing one", async () => {
  const { at, to, result } = await extracted([base, upper], ["d/f", "added", "added/deep"]);
  expect(readFileSync(at("d/f"), "utf8")).toBe("new");
  expect(readdirSync(to).sort()).toEqual(["added", "d"]);
  expect(result.files).toBe(2);
  await expect(extracted([base], ["nothing"])).rejects.toMatchObject({ code: "not-found" });
});

test("names that are no UTF-8 keep their bytes; sparse files have their holes", async () => {
  const sparse = { "GNU.sparse.size": "300000", "GNU.sparse.numblocks": "1", "GNU.sparse.map": "200000,3" };
  const hole = { "GNU.sparse.size": "5000", "GNU.sparse.numblocks": "0", "GNU.sparse.map": "0,0" };
  const { to, at } = await extracted([tar(file(Buffer.from([0x61, 0xff]), "x"), pax(sparse), file("sparse", "abc"))]);
  expect(readdirSync(to, { encoding: "buffer" }).some(name => name.equals(Buffer.from([0x61, 0xff])))).toBe(true);
  const whole = Buffer.alloc(300_000);
  whole.write("abc", 200_000);
  expect(readFileSync(at("sparse")).equals(whole)).toBe(true);
  const empty = await extracted([tar(pax({ ...hole, "GNU.sparse.numblocks": "1" }), file("hole"))]);
  expect(readFileSync(empty.at("hole")).equals(Buffer.alloc(5000))).toBe(true);
});

describe("never outside", () => {
  test("names with .. and absolute ones stay below the folder", async () => {
    const { to, at } = await extracted([tar(file("../../escape", "x"), file("/abs", "y"), file("a/../../b", "z"))]);
    expect(readdirSync(to).sort()).toEqual(["abs", "b", "escape"]);
    expect(readFileSync(at("escape"), "utf8")).toBe("x");
    expect(existsSync(path.join(to, "..", "escape"))).toBe(false);
  });

  test("links of the layer are never written through", async () => {
    const outside = await temporaryFolder();
    const attack = tar(
      symlink("link", outside),
      file("link/pwned", "x"),
      symlink("f", `${outside}/f`),
      hardlink("g", "f"),
    );
    const { at } = await extracted([attack]);
    expect(readdirSync(outside)).toEqual([]);
    expect(readlinkSync(at("link"))).toBe(outside);
  });

  test("links that are in the folder already are refused as folders, and replaced as files", async () => {
    const outside = await temporaryFolder();
    const to = await temporaryFolder();
    const { snapshot, sources } = await imageOf(tar(file("d/f", "x")));
    symlinkSync(outside, path.join(to, "d"));
    const options = { paths: [], to, preserveOwner: false };
    await expect(extractNodes(snapshot, sources, options)).rejects.toMatchObject({ code: "unsafe" });
    expect(readdirSync(outside)).toEqual([]);
    const plain = await imageOf(tar(file("f", "x")));
    writeFileSync(path.join(outside, "kept"), "kept");
    symlinkSync(path.join(outside, "kept"), path.join(to, "f"));
    await extractNodes(plain.snapshot, plain.sources, options);
    expect(readFileSync(path.join(to, "f"), "utf8")).toBe("x");
    expect(readFileSync(path.join(outside, "kept"), "utf8")).toBe("kept");
  });

  test("a folder in the way of a file is refused, and nothing is left half-written", async () => {
    const to = await temporaryFolder();
    mkdirSync(path.join(to, "f"));
    const { snapshot, sources } = await imageOf(tar(file("f", "x")));
    await expect(extractNodes(snapshot, sources, { paths: [], to, preserveOwner: false })).rejects.toMatchObject({
      code: "unsafe",
    });
    expect(readdirSync(to)).toEqual(["f"]);
  });

  test("devices, pipes and links to nothing are left out, and told", async () => {
    const odd = tar(
      header({ name: "c", type: "3", major: 1, minor: 3 }),
      header({ name: "p", type: "6" }),
      hardlink("h", "none"),
    );
    const { result, to } = await extracted([odd]);
    expect(result.skipped).toEqual(["c", "h", "p"]);
    expect(readdirSync(to)).toEqual([]);
  });
});

test("content that is not what was indexed is an error and leaves no file", async () => {
  const { blob, index } = await indexed(tar(file("f", "right")));
  writeFileSync(blob.file, tar(file("f", "wrong")));
  const to = await temporaryFolder();
  const extracting = extractNodes(applyLayers([index]), [{ blob }], { paths: [], to, preserveOwner: false });
  await expect(extracting).rejects.toMatchObject({ code: "digest-mismatch" });
  expect(readdirSync(to)).toEqual([]);
});

test("a layer of which only the listing is here, a cancelled run, a folder that cannot be", async () => {
  const { index } = await indexed(base);
  const snapshot = applyLayers([index]);
  const to = path.join(await temporaryFolder(), "out");
  const options = { paths: [], to, preserveOwner: false };
  await expect(extractNodes(snapshot, [{ blob: null }], options)).rejects.toMatchObject({ code: "blob-missing" });
  expect(existsSync(to)).toBe(false);
  const { snapshot: whole, sources } = await imageOf(base);
  const stop = { ...options, signal: AbortSignal.abort() };
  await expect(extractNodes(whole, sources, stop)).rejects.toMatchObject({ code: "cancelled" });
  writeFileSync(`${to}-file`, "");
  const below = { ...options, to: `${to}-file/x` };
  await expect(extractNodes(whole, sources, below)).rejects.toMatchObject({ code: "usage" });
});

const isRoot = process.getuid?.() === 0;
const hasTar = spawnSync("tar", ["--version"]).stdout?.toString().includes("GNU tar") ?? false;
const missing = !isRoot ? "not root" : !hasTar ? "no GNU tar" : "";

describe.skipIf(missing)(`beside GNU tar${missing && ` (skipped: ${missing})`}`, () => {
  test("the same tree comes out, with owners, modes, times and links", async () => {
    const layers = [
      tar(
        dir("d/", { mode: 0o1777, uid: 7, mtime: 500 }),
        file("d/f", "f", { mode: 0o6755, uid: 1000, gid: 1001, mtime: 1_700_000_000 }),
        hardlink("d/h", "d/f", { mode: 0o6755, uid: 1000, gid: 1001, mtime: 1_700_000_000 }),
        symlink("d/s", "f", { uid: 3, mtime: 77 }),
        pax({ path: `d/${"n".repeat(200)}`, mtime: "1234567890.25" }),
        file("x", "n"),
      ),
      tar(file("d/f", "second", { mtime: 5 }), dir("d/", { mode: 0o700, mtime: 600 }), file("top")),
    ];
    const { to } = await extracted(layers, [], true);
    const reference = await temporaryFolder();
    for (const bytes of layers) spawnSync("tar", ["-xpf", "-", "-C", reference], { input: bytes });
    expect(listingOf(to)).toEqual(listingOf(reference));
    expect(listingOf(to)).toHaveLength(6);
  });
});

/** Times to the millisecond: Node takes them as floating-point seconds. */
function listingOf(folder: string): string[] {
  const { stdout } = spawnSync("find", [folder, "-mindepth", "1", "-printf", "%T@ %P %y %m %U %G %n %l %s\\n"]);
  const lines = stdout.toString().trim().split("\n");
  return lines
    .map(line => line.replace(/^\S+/, Number.parseFloat(line).toFixed(3)).replace(/ d(.*) \d+$/, " d$1"))
    .sort();
}

test("reading a node: hard links always, symbolic links when asked for, inside of the tree", async () => {
  const { snapshot, sources } = await imageOf(
    tar(
      file("d/f", "old"),
      hardlink("h", "d/f"),
      symlink("s", "d/../d/f"),
      symlink("abs", "/s"),
      symlink("out", "../../../h"),
    ),
    tar(file("d/f", "new"), symlink("loop", "loop"), symlink("dangling", "none")),
  );
  const read = async (name: string, followLinks = false) => {
    const parts: Uint8Array[] = [];
    for await (const part of readNode(snapshot, sources, name, { followLinks })) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  expect(await read("d/f")).toBe("new");
  expect(await read("h")).toBe("old");
  expect(await read("s", true)).toBe("new");
  expect(await read("abs", true)).toBe("new");
  expect(await read("out", true)).toBe("old");
  await expect(read("s")).rejects.toMatchObject({ code: "usage" });
  await expect(read("d")).rejects.toMatchObject({ code: "usage" });
  await expect(read("nothing")).rejects.toMatchObject({ code: "not-found" });
  await expect(read("loop", true)).rejects.toMatchObject({ code: "not-found" });
  expect(resolvePath(snapshot, "dangling")).toBeNull();
  expect(resolvePath(snapshot, "/")).toBe("");
});
