import { existsSync, readdirSync } from "node:fs";
import { mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { removeItems } from "../../../lib/kaniko-cache/prune/remove-items.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { hexOf } from "../../../lib/model/digest.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { layerRef, record, step } from "../build/sample-steps.ts";
import { Place } from "../cli/program.ts";
import { keyOf, writeBaseArchive, writeLayerEntry } from "./entries.ts";

let place: Place;
let cache: CacheFolder;
let store: BuildStore;

beforeEach(async () => {
  place = await Place.create();
  cache = new CacheFolder(place.cache);
  store = new BuildStore(cache);
  await cache.create();
  await mkdir(cache.baseImages);
  await mkdir(cache.seekFiles);
});

afterEach(() => place.remove());

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** A build of some days ago, whose second step has this key and these layers. */
async function keepBuild(days: number, key: string, letters: string, more: Partial<BuildRecord> = {}) {
  const startedAt = daysAgo(days);
  const id = await store.create(startedAt);
  const layers = [...letters].map(layerRef);
  for (const layer of layers) await writeLayer(layer.digest);
  const made = step(2, "RUN make", { cache: { key, result: "miss", parts: null }, layer: layers[0] ?? null });
  await store.write(
    record(id, { steps: [step(1, "FROM a"), made], layers, startedAt: startedAt.toISOString(), ...more }),
  );
  if (more.status !== "running") await store.release(id);
  return id;
}

async function writeLayer(digest: ReturnType<typeof layerRef>["digest"]): Promise<void> {
  await writeFile(cache.layerFile(digest, "gzip"), "layer");
  await writeFile(cache.indexFile(digest), "index");
  await writeFile(cache.seekFile(digest), "seek");
}

async function prune(...args: string[]): Promise<{ items: string[]; removed: string[]; unknownLayers: object[] }> {
  const document = await place.json("cache", "prune", ...args);
  return {
    ...document,
    items: document.items.map((item: { kind: string; name: string }) => `${item.kind} ${item.name}`),
  };
}

const layerFiles = () => readdirSync(place.cache).filter(name => name.startsWith("sha256:"));
const entries = () => readdirSync(cache.layerCache).sort();

describe("cache prune", () => {
  test("without a choice it names what Kaniko takes no more, and removes nothing", async () => {
    await writeLayerEntry(cache.layerCache, keyOf("fresh"), { created: daysAgo(1).toISOString() });
    await writeLayerEntry(cache.layerCache, keyOf("old"), { created: daysAgo(15).toISOString() });
    await mkdir(join(cache.layerCache, `layers:${keyOf("broken")}`));
    const { items, removed } = await prune();
    expect(items.sort()).toEqual([`layer-cache ${keyOf("broken")}`, `layer-cache ${keyOf("old")}`].sort());
    expect(removed).toEqual([]);
    expect(entries()).toHaveLength(3);
    expect((await place.run(["cache", "prune"])).stderr).toContain("with --yes");
  });

  test("what nobody here has ever named stays, with --yes, too", async () => {
    const byHand = layerRef("e").digest;
    await writeLayer(byHand);
    await writeFile(join(cache.layerCache, "notes.txt"), "");
    const { unknownLayers } = await prune("--builds", "0", "--unused", "--yes");
    expect(unknownLayers).toEqual([{ path: cache.layerFile(byHand, "gzip"), sizeBytes: 5 }]);
    expect([layerFiles(), entries()]).toEqual([[`${byHand}.tgz`], ["notes.txt"]]);
    expect(existsSync(cache.indexFile(byHand))).toBe(true);
  });

  test("with --builds older records go, with the layers that only they have", async () => {
    await keepBuild(9, keyOf("named"), "d", { name: "release" });
    const old = await keepBuild(8, keyOf("a"), "ab");
    const latest = await keepBuild(1, keyOf("b"), "bc");
    await writeLayerEntry(cache.layerCache, keyOf("a"), { created: daysAgo(8).toISOString() });
    await writeLayerEntry(cache.layerCache, keyOf("b"), { created: daysAgo(1).toISOString() });
    const gone = layerRef("a").digest;
    const { items } = await prune("--builds", "1", "--unused", "--yes");
    expect(items).toEqual([
      `layer-cache ${keyOf("a")}`,
      `layer ${gone}`,
      `index ${gone}`,
      `seek ${gone}`,
      `build ${old}`,
    ]);
    expect(layerFiles().sort()).toEqual(["b", "c", "d"].map(letter => `${layerRef(letter).digest}.tgz`));
    expect((await store.ids()).includes(latest)).toBe(true);
    expect(await store.ids()).toHaveLength(2);
    expect(entries()).toEqual([`layers:${keyOf("b")}`]);
    expect(readdirSync(cache.indexes)).not.toContain(hexOf(gone));
  });

  test("with --max-size those go first that were not used for longest", async () => {
    for (const [name, days] of [
      ["made-first", 9],
      ["second", 8],
      ["third", 7],
    ] as const)
      await writeLayerEntry(cache.layerCache, keyOf(name), { created: daysAgo(days).toISOString() });
    await keepBuild(1, keyOf("made-first"), "a");
    expect((await prune("--max-size", "2kB")).items).toEqual([`layer-cache ${keyOf("second")}`]);
    expect((await prune("--max-size", "1GB")).items).toEqual([]);
  });

  test("with --older-than a base image goes with its manifest", async () => {
    const digest = await writeBaseArchive(cache.baseImages, layerRef("a").digest);
    await utimes(join(cache.baseImages, digest), daysAgo(3), daysAgo(3));
    expect((await prune("--older-than", "4d")).items).toEqual([]);
    expect((await prune("--older-than", "48h", "--yes")).items).toEqual([`base-image ${digest}`]);
    expect(readdirSync(cache.baseImages)).toEqual([]);
  });

  test("an index that may be of an image elsewhere goes when it is old", async () => {
    const digest = layerRef("a").digest;
    await writeFile(cache.indexFile(digest), "index");
    expect((await prune()).items).toEqual([]);
    await utimes(cache.indexFile(digest), daysAgo(31), daysAgo(31));
    expect((await prune()).items).toEqual([`index ${digest}`]);
  });

  test("links are removed, not followed", async () => {
    const outside = place.path("outside");
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "");
    const entry = await writeLayerEntry(cache.layerCache, keyOf("a"), { created: daysAgo(20).toISOString() });
    await symlink(outside, join(entry, "link"));
    await symlink(outside, join(cache.layerCache, `layers:${keyOf("link")}`));
    await prune("--yes");
    expect(entries()).toEqual([`layers:${keyOf("link")}`]);
    expect(readdirSync(outside)).toEqual(["precious"]);
  });

  test("nothing goes while a build runs", async () => {
    const running = await store.create(new Date());
    await writeLayerEntry(cache.layerCache, keyOf("a"), { created: daysAgo(20).toISOString() });
    const { status, stderr } = await place.run(["cache", "prune", "--yes"]);
    expect([status, stderr]).toEqual([3, expect.stringContaining(`build ${running} is running`)]);
    expect(entries()).toEqual([`layers:${keyOf("a")}`]);
    expect((await place.run(["cache", "prune"])).stderr).toContain("before it has ended");
    await store.release(running);
    await store.remove(running);
  });

  test("nothing goes while a record cannot be read", async () => {
    const id = await keepBuild(1, keyOf("a"), "a");
    await writeFile(join(cache.buildFolder(id), "build.json"), "{");
    const { status, stderr } = await place.run(["cache", "prune", "--unused", "--yes"]);
    expect([status, stderr]).toEqual([5, expect.stringContaining("nothing is removed")]);
  });

  test("odd values are refused", async () => {
    for (const args of [
      ["--older-than", "soon"],
      ["--max-size", "much"],
      ["--builds", "-1"],
      ["--builds", "1.5"],
    ])
      expect(await place.run(["cache", "prune", ...args])).toMatchObject({ status: 2 });
  });
});

test("what was taken out of sight is put back when the rest fails", async () => {
  const path = await writeLayerEntry(cache.layerCache, keyOf("a"));
  const item = { kind: "layer-cache", name: keyOf("a"), path, sizeBytes: 1, why: "" } as const;
  await expect(removeItems(cache, [item, { ...item, path: place.path("nowhere", "x") }])).rejects.toThrow();
  expect(entries()).toEqual([`layers:${keyOf("a")}`]);
  expect(readdirSync(path).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test("what is gone already is no error, and not told as removed", async () => {
  const item = { kind: "layer-cache", name: "x", path: join(cache.layerCache, "x"), sizeBytes: 1, why: "" } as const;
  expect(await removeItems(cache, [item])).toEqual([]);
});
