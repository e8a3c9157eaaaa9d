import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { listFolder } from "../../../lib/kaniko-cache/list-folder.ts";
import { parseDigest } from "../../../lib/model/digest.ts";
import { makeFolder } from "../image/samples.ts";
import { keyOf, writeBaseArchive, writeBaseLayout, writeLayerEntry, writePointer } from "./entries.ts";

describe("a folder of Kaniko's caches", () => {
  test("entries of the layer cache come newest first, with what made them", async () => {
    const folder = await makeFolder();
    await writeLayerEntry(folder, keyOf("old"), { createdBy: "RUN old", created: "2026-11-01T00:00:00Z" });
    await writeLayerEntry(folder, keyOf("new"), { createdBy: "RUN new", created: "2026-11-20T00:00:00Z" });
    const { layers, baseImages, foreign } = await listFolder({ folder, prefix: null });
    expect(layers.map(({ key, createdBy, damage }) => [key, createdBy, damage])).toEqual([
      [keyOf("new"), "RUN new", null],
      [keyOf("old"), "RUN old", null],
    ]);
    expect(layers[0]).toMatchObject({
      createdAt: "2026-11-20T00:00:00Z",
      target: `oci:${folder}/layers:${keyOf("new")}`,
    });
    expect(layers[0]?.layer?.digest).toMatch(/^sha256:/);
    expect([baseImages, foreign]).toEqual([[], []]);
  });

  test("both forms of base images are told apart from layers, and from what is neither", async () => {
    const folder = await makeFolder();
    const layout = await writeBaseLayout(folder, "host/base:1");
    const archive = await writeBaseArchive(folder, parseDigest(`sha256:${keyOf("layer")}`));
    await writeLayerEntry(folder, keyOf("a"));
    await mkdir(path.join(folder, ".warmer-locks"));
    await writeFile(path.join(folder, `sha256:${keyOf("gone")}.json`), "{}");
    await writeFile(path.join(folder, "notes.txt"), "");
    await symlink("/etc", path.join(folder, `layers:${keyOf("link")}`));
    const { layers, baseImages, foreign } = await listFolder({ folder, prefix: null });
    expect(layers.map(entry => entry.key)).toEqual([keyOf("a")]);
    expect(new Map(baseImages.map(entry => [entry.digest, [entry.format, entry.imageName]]))).toEqual(
      new Map([
        [layout, ["layout", "host/base:1"]],
        [archive, ["archive", null]],
      ]),
    );
    expect(baseImages.find(entry => entry.digest === archive)?.layers).toEqual([`sha256:${keyOf("layer")}`]);
    expect([...foreign].sort()).toEqual(
      [`layers:${keyOf("link")}`, "notes.txt", `sha256:${keyOf("gone")}.json`].sort(),
    );
  });

  test("only the entries of one prefix, where several repositories share a folder", async () => {
    const folder = await makeFolder();
    await writeLayerEntry(folder, keyOf("a"));
    expect((await listFolder({ folder, prefix: "other" })).layers).toEqual([]);
    expect((await listFolder({ folder, prefix: "layers" })).layers).toHaveLength(1);
  });

  test("a pointer says where to, and is not damaged", async () => {
    const folder = await makeFolder();
    await writePointer(folder, keyOf("inferred"), keyOf("real"));
    const { layers } = await listFolder({ folder, prefix: null });
    expect(layers[0]).toMatchObject({ pointsTo: keyOf("real"), layer: null, damage: null });
  });

  test("a folder that is not there is empty", async () => {
    expect(await listFolder({ folder: "/nowhere/at/all", prefix: null })).toEqual({
      layers: [],
      baseImages: [],
      foreign: [],
    });
  });
});

describe("an entry that Kaniko cannot use is listed with the reason", () => {
  const damages: [string, RegExp, (entry: string) => Promise<void>][] = [
    ["no index.json", /index\.json is missing/, entry => rm(path.join(entry, "index.json"))],
    ["an index.json that is no JSON", /not valid JSON/, entry => writeFile(path.join(entry, "index.json"), "{")],
    [
      "an index.json that is a pipe",
      /not a regular file/,
      async entry => {
        await rm(path.join(entry, "index.json"));
        spawnSync("mkfifo", [path.join(entry, "index.json")]);
      },
    ],
    [
      "an index.json that is a link",
      /is a link/,
      async entry => {
        await rm(path.join(entry, "index.json"));
        await symlink("/etc/hostname", path.join(entry, "index.json"));
      },
    ],
    [
      "blobs elsewhere",
      /is a link/,
      async entry => {
        await rename(path.join(entry, "blobs"), `${entry}.blobs`);
        await symlink(`${entry}.blobs`, path.join(entry, "blobs"));
      },
    ],
    [
      "a layer that is cut off",
      /has 3 bytes instead of/,
      async entry => {
        for (const file of await blobsStartingWith(entry, 0x1f)) await truncate(file, 3);
      },
    ],
    [
      "a layer that is gone",
      /the layer sha256:\w+ is missing/,
      async entry => {
        for (const file of await blobsStartingWith(entry, 0x1f)) await rm(file);
      },
    ],
    [
      "a config that was changed",
      /another digest/,
      async entry => {
        for (const file of await blobsStartingWith(entry, 0x7b)) await writeFile(file, "{}");
      },
    ],
  ];

  for (const [what, reason, damage] of damages) {
    test(what, async () => {
      const folder = await makeFolder();
      await damage(await writeLayerEntry(folder, keyOf("a")));
      await writeLayerEntry(folder, keyOf("b"));
      const { layers } = await listFolder({ folder, prefix: null });
      expect(layers.find(entry => entry.key === keyOf("a"))?.damage).toMatch(reason);
      expect(layers.find(entry => entry.key === keyOf("b"))?.damage).toBeNull();
    });
  }
});

async function blobsStartingWith(entry: string, byte: number): Promise<string[]> {
  const folder = path.join(entry, "blobs/sha256");
  const files = (await readdir(folder)).map(name => path.join(folder, name));
  const first = await Promise.all(files.map(async file => (await readFile(file))[0]));
  return files.filter((_, at) => first[at] === byte);
}
