import { copyFile, mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageForms, type OpenImageOptions, openImage } from "../../../lib/image/open-image.ts";
import type { DiffId } from "../../../lib/model/digest.ts";
import { RegistryClient } from "../../../lib/registry/client.ts";
import { noCredentials } from "../../../lib/registry/credentials.ts";
import { putImage, startRegistry } from "../registry/test-registry.ts";
import {
  configOf,
  digestOf,
  LayoutWriter,
  type Member,
  makeFolder,
  makeLayer,
  makeTar,
  named,
  type SampleLayer,
} from "./samples.ts";

let folder: string;
let options: OpenImageOptions;
let one: SampleLayer;
let two: SampleLayer;

beforeEach(async () => {
  folder = await makeFolder();
  options = { scratch: path.join(folder, "scratch"), blobFile: digest => path.join(folder, "store", digest) };
  [one, two] = [await makeLayer("one"), await makeLayer("two")];
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const inFolder = (name: string) => path.join(folder, name);
const archiveMembers = (): Member[] => [
  { name: "config.json", content: configOf([one]) },
  { name: "l.tar", content: one.tar },
  {
    name: "manifest.json",
    content: JSON.stringify([{ Config: "config.json", RepoTags: ["app:1"], Layers: ["l.tar"] }]),
  },
];

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(inFolder(name), bytes);
  return inFolder(name);
}

describe("forms with a transport", () => {
  test("oci:DIR and oci:DIR:REF, with colons in both", async () => {
    const layout = new LayoutWriter(inFolder("layers:0123"));
    const [first, second] = [await layout.image([one]), await layout.image([two])];
    await layout.index([
      { ...first, ...named("v1") },
      { ...second, ...named("registry:5000/app:2") },
    ]);
    const name = `oci:${layout.folder}:registry:5000/app:2`;
    expect(await openImage(name, options)).toMatchObject({ name, manifestDigest: second.digest });
    await expect(openImage(`oci:${layout.folder}`, options)).rejects.toMatchObject({ code: "unknown-target" });
  });

  test("docker-archive:FILE and docker-archive:FILE:TAG", async () => {
    const file = await write("a.bin", await makeTar(archiveMembers()));
    for (const name of [`docker-archive:${file}`, `docker-archive:${file}:app:1`]) {
      expect(await openImage(name, options)).toMatchObject({ name, layers: [{ diffId: digestOf(one.tar) }] });
    }
  });

  test("docker://HOST/NAME:TAG, whole and without layers", async () => {
    const registry = await startRegistry();
    try {
      const manifestDigest = putImage(registry, "app", "1", [one.tar, two.tar, one.tar]);
      const client = new RegistryClient({ credentials: noCredentials });
      const name = `docker://${registry.host}/app:1`;
      const thin = await openImage(name, { ...options, client, layers: "none" });
      expect(thin).toMatchObject({
        name,
        manifestDigest,
        config: { os: "linux" },
        layers: [{ blob: null }, { blob: null }, { blob: null }],
      });
      expect(registry.requests.filter(({ url }) => url.includes(digestOf(one.tar)))).toEqual([]);

      const progress: number[] = [];
      const image = await openImage(name, {
        ...options,
        client,
        onProgress: ({ doneBytes }) => progress.push(doneBytes),
      });
      expect(image.layers.map(layer => layer.blob?.file)).toEqual(
        [one, two, one].map(({ tar }) => options.blobFile(digestOf(tar), "")),
      );
      expect(await readFile(image.layers[1]?.blob?.file ?? "")).toEqual(two.tar);
      expect(progress.at(-1)).toBe(one.tar.length + two.tar.length);

      const before = registry.requests.length;
      await openImage(name, { ...options, client });
      expect(registry.requests.slice(before).filter(({ url }) => url.includes(digestOf(one.tar)))).toEqual([]);
    } finally {
      await registry.close();
    }
  });

  test("a layer that the registry does not have ends it, and nothing half is left", async () => {
    const registry = await startRegistry();
    try {
      putImage(registry, "app", "1", [one.tar, two.tar]);
      registry.content.delete(`/v2/app/blobs/${digestOf(two.tar)}`);
      const client = new RegistryClient({ credentials: noCredentials });
      await expect(openImage(`docker://${registry.host}/app:1`, { ...options, client })).rejects.toMatchObject({
        code: "blob-missing",
        message: expect.stringContaining(digestOf(two.tar)),
      });
      for (const name of await readdir(inFolder("store"))) expect(name).toBe(digestOf(one.tar));
    } finally {
      await registry.close();
    }
  });

  test("docker-daemon:NAME without an engine", async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = `unix://${inFolder("no.sock")}`;
    try {
      await expect(openImage("docker-daemon:app:1", options)).rejects.toMatchObject({
        code: "engine-unavailable",
        exitStatus: 3,
      });
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});

describe("paths are recognised by their content", () => {
  test("a layout", async () => {
    const layout = new LayoutWriter(inFolder("layers:0123"));
    await layout.index([await layout.image([one])]);
    expect((await openImage(layout.folder, options)).layers).toHaveLength(1);
  });

  test.each([
    ["plain", (tar: Buffer) => tar],
    ["gzip", (tar: Buffer) => gzipSync(tar)],
    ["zstd", (tar: Buffer) => zstdCompressSync(tar)],
  ])("a docker archive, %s", async (_format, change) => {
    const file = await write("something", change(await makeTar(archiveMembers())));
    const image = await openImage(file, options);
    expect(image).toMatchObject({ name: file, config: { os: "linux" }, layers: [{ diffId: digestOf(one.tar) }] });
  });

  test("a docker archive that was cut off is called damaged", async () => {
    const file = await write("cut.tar", (await makeTar(archiveMembers())).subarray(0, 2600));
    await expect(openImage(file, options)).rejects.toMatchObject({ code: "damaged" });
  });

  test.each([
    ["tar", (tar: Buffer) => tar],
    ["gzip", (tar: Buffer) => gzipSync(tar)],
    ["zstd", (tar: Buffer) => zstdCompressSync(tar)],
    [
      "zstd after a skippable frame",
      (tar: Buffer) => Buffer.concat([Buffer.from("502a4d180100000000", "hex"), zstdCompressSync(tar)]),
    ],
    ["a tar of nothing", () => Buffer.alloc(1024)],
  ])("a layer: %s", async (_format, change) => {
    const bytes = change(one.tar);
    const file = await write("layer", bytes);
    expect(await openImage(file, options)).toEqual({
      name: file,
      manifestDigest: null,
      configDigest: null,
      config: null,
      layers: [
        {
          digest: null,
          diffId: null,
          mediaType: "",
          sizeBytes: bytes.length,
          blob: { file, offset: 0, sizeBytes: bytes.length },
        },
      ],
    });
  });

  test.each([
    ["of a web application", [{ name: "manifest.json", content: '{"icons":[]}' }]],
    ["with nothing but an archive", [{ name: "app.tar", content: "x" }]],
    ["with files around a manifest.json", [...Array(3).keys()].map(n => ({ name: `${n}.json`, content: "[]" }))],
  ])("a layer %s is no archive", async (_what, members) => {
    for (const bytes of [await makeTar(members), gzipSync(await makeTar(members))]) {
      const file = await write("layer.tgz", bytes);
      expect((await openImage(file, options)).layers).toMatchObject([{ blob: { file } }]);
    }
  });

  test("the name of a layer file claims its digest", async () => {
    const file = await write(`${digestOf(one.gzip)}.tgz`, one.gzip);
    expect((await openImage(file, options)).layers[0]?.digest).toBe(digestOf(one.gzip));
  });

  test.each(["text", ""])("a file with %j is nothing", async content => {
    await expect(openImage(await write("f.tgz", content), options)).rejects.toMatchObject({ code: "unknown-target" });
  });
});

describe("a folder of layers", () => {
  const diffIdOf = async (file: string) => digestOf(gunzipSync(await readFile(file))) as string as DiffId;

  beforeEach(async () => {
    await mkdir(inFolder("cache"));
    // The younger layer comes first by name and by time; only the config knows better.
    for (const [layer, seconds] of [
      [one, 2000],
      [two, 1000],
    ] as const) {
      const file = await write(`cache/${digestOf(layer.gzip)}.tgz`, layer.gzip);
      await utimes(file, seconds, seconds);
    }
  });
  const open = async (more: Partial<OpenImageOptions> = {}) =>
    await openImage(inFolder("cache"), { ...options, ...more });

  test("without a config, the oldest file comes first", async () => {
    const image = await open({ diffIdOf });
    expect(image.config).toBeNull();
    expect(image.layers.map(layer => layer.digest)).toEqual([digestOf(two.gzip), digestOf(one.gzip)]);
  });

  test("config.json gives the order, and says again what occurs twice", async () => {
    const config = configOf([one, two, one]);
    await write("cache/config.json", config);
    const image = await open({ diffIdOf });
    expect(image.configDigest).toBe(digestOf(config));
    expect(image.layers.map(layer => layer.digest)).toEqual([one, two, one].map(({ gzip }) => digestOf(gzip)));
    expect(image.layers.map(layer => layer.diffId)).toEqual([one, two, one].map(({ tar }) => digestOf(tar)));
  });

  test("layers of other images are left out", async () => {
    await write("cache/config.json", configOf([one]));
    expect((await open({ diffIdOf })).layers.map(layer => layer.digest)).toEqual([digestOf(one.gzip)]);
  });

  test("a config that belongs to other layers is not used", async () => {
    await write("cache/config.json", configOf([await makeLayer("three")]));
    expect(await open({ diffIdOf })).toMatchObject({ config: null, layers: [{}, {}] });
  });

  test("a layer that the config names and nobody has", async () => {
    const three = await makeLayer("three");
    await write("cache/config.json", configOf([one, three]));
    await expect(open({ diffIdOf })).rejects.toMatchObject({
      code: "blob-missing",
      message: expect.stringContaining(digestOf(three.tar)),
    });
  });

  test("a damaged config is named", async () => {
    await write("cache/config.json", "{");
    await expect(open({ diffIdOf })).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining("config.json"),
    });
  });

  test("other files do not count", async () => {
    await write("cache/README.md", "x");
    await mkdir(inFolder("cache/folder.tgz"));
    expect((await open()).layers).toHaveLength(2);
    await copyFile(inFolder("cache/README.md"), inFolder("cache/broken.tgz"));
    await expect(open()).rejects.toMatchObject({
      code: "unknown-target",
      message: expect.stringContaining("broken.tgz"),
    });
  });
});

test.each(["nothing-here", "busybox:1", "docker:busybox", "oci:", "no-such:thing", "__proto__:x", ""])(
  "%j is told what there is",
  async name => {
    await expect(openImage(name, options)).rejects.toMatchObject({
      code: "unknown-target",
      exitStatus: 2,
      hint: expect.stringContaining(imageForms[3]),
    });
  },
);

test("an empty folder", async () => {
  await expect(openImage(folder, options)).rejects.toMatchObject({ code: "unknown-target" });
});
