import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDockerArchive } from "../../../lib/image/docker-archive.ts";
import { hexOf } from "../../../lib/model/digest.ts";
import type { Image } from "../../../lib/model/image.ts";
import type { BlobLocation } from "../../../lib/model/layer-index.ts";
import {
  configOf,
  digestOf,
  LayoutWriter,
  type Member,
  makeFolder,
  makeLayer,
  makeTar,
  type SampleLayer,
} from "./samples.ts";

let folder: string;
let scratch: string;
let one: SampleLayer;
let two: SampleLayer;

beforeEach(async () => {
  folder = await makeFolder();
  scratch = path.join(folder, "scratch");
  [one, two] = [await makeLayer("one"), await makeLayer("two")];
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function writeArchive(members: readonly Member[], change = (tar: Buffer): Buffer => tar): Promise<string> {
  const file = path.join(folder, "archive.tar");
  await writeFile(file, change(await makeTar(members)));
  return file;
}

function manifestOf(
  layers: readonly string[],
  tags: readonly string[] | null = ["app:1"],
  config = "config.json",
): Member {
  return { name: "manifest.json", content: JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers }]) };
}

const config = (layers: readonly SampleLayer[]): Member => ({ name: "config.json", content: configOf(layers) });
const open = (file: string, ref?: string) => openDockerArchive(file, { scratch, ref });

async function bytesOf(blob: BlobLocation | null | undefined): Promise<Buffer> {
  if (!blob) throw new Error("no blob");
  return (await readFile(blob.file)).subarray(blob.offset, blob.offset + blob.sizeBytes);
}

async function layersOf(image: Image): Promise<Buffer[]> {
  return await Promise.all(image.layers.map(layer => bytesOf(layer.blob)));
}

describe("names of layers", () => {
  const id = "ab".repeat(32);
  test.each([
    [`${id}/layer.tar`, "cd/layer.tar"],
    [`${id}.tar.gz`, "x.tar.gz"],
    [`sha256:${id}`, "sha256:cd"],
    ["./layers/1.tar", "layers/2.tar.zst"],
    ["a".repeat(150), `${"long/".repeat(60)}layer.tar`],
  ])("%s", async (first, second) => {
    const members = [config([one, two]), { name: first, content: one.gzip }, { name: second, content: two.gzip }];
    const file = await writeArchive([...members, manifestOf([first, second])]);
    const image = await open(file);
    expect(image).toMatchObject({
      name: `docker-archive:${file}`,
      manifestDigest: null,
      configDigest: digestOf(configOf([one, two])),
    });
    expect(image.layers.map(({ digest, diffId }) => ({ digest, diffId }))).toEqual([
      { digest: null, diffId: digestOf(one.tar) },
      { digest: null, diffId: digestOf(two.tar) },
    ]);
    expect(image.layers.map(layer => layer.blob?.file)).toEqual([file, file]);
    expect(await layersOf(image)).toEqual([one.gzip, two.gzip]);
  });

  test("of a layer that is not compressed, the digest is known", async () => {
    const file = await writeArchive([manifestOf(["l.tar"]), config([one]), { name: "l.tar", content: one.tar }]);
    expect((await open(file)).layers[0]).toMatchObject({ digest: digestOf(one.tar), diffId: digestOf(one.tar) });
  });

  test("in blobs/sha256 the name is the digest", async () => {
    const name = `blobs/sha256/${hexOf(digestOf(one.gzip))}`;
    const file = await writeArchive([manifestOf([name]), config([one]), { name, content: one.gzip }]);
    expect((await open(file)).layers[0]?.digest).toBe(digestOf(one.gzip));
  });

  test("links inside the archive stand for what they lead to", async () => {
    const file = await writeArchive([
      { name: "aa/layer.tar", content: one.tar },
      { name: "bb/layer.tar", type: "symlink", linkname: "../aa/layer.tar" },
      { name: "cc/layer.tar", type: "link", linkname: "bb/layer.tar" },
      config([one, one, one]),
      manifestOf(["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"]),
    ]);
    expect(await layersOf(await open(file))).toEqual([one.tar, one.tar, one.tar]);
  });

  test.each(["/etc/passwd", "../../../../etc/passwd", "loop/layer.tar"])(
    "a link to %s leads nowhere",
    async linkname => {
      const file = await writeArchive([
        { name: "loop/layer.tar", type: "symlink", linkname },
        config([one]),
        manifestOf(["loop/layer.tar"]),
      ]);
      await expect(open(file)).rejects.toMatchObject({ code: "blob-missing" });
    },
  );

  test("of two members with one name the last counts", async () => {
    const file = await writeArchive([
      { name: "l.tar", content: two.tar },
      config([one]),
      manifestOf(["l.tar"]),
      { name: "l.tar", content: one.tar },
    ]);
    expect(await layersOf(await open(file))).toEqual([one.tar]);
  });
});

describe("several images", () => {
  const entries = (tags: readonly (readonly string[] | null)[]) =>
    tags.map(RepoTags => ({ Config: "config.json", RepoTags, Layers: ["l.tar"] }));
  const several = async (tags: readonly (readonly string[] | null)[]) =>
    await writeArchive([
      { name: "manifest.json", content: JSON.stringify(entries(tags)) },
      config([one]),
      { name: "l.tar", content: one.tar },
    ]);

  test("are told apart by tag, in short or in full, or by position", async () => {
    const file = await several([["app:1", "app:latest"], ["other:1"], null]);
    for (const ref of ["app:1", "docker.io/library/app", "other:1", "@2"]) {
      expect((await open(file, ref)).name).toBe(`docker-archive:${file}:${ref}`);
    }
    await expect(open(file)).rejects.toMatchObject({
      code: "unknown-target",
      hint: expect.stringContaining("app:1, other:1, @2"),
    });
    for (const ref of ["app:2", "@3"]) await expect(open(file, ref)).rejects.toMatchObject({ code: "image-not-found" });
  });
});

describe("a whole layout in a tar", () => {
  test("is opened by its index", async () => {
    const layout = new LayoutWriter(path.join(folder, "layout"));
    const manifest = await layout.image([one]);
    await layout.index([manifest]);
    const names = [
      ...(await readdir(path.join(layout.folder, "blobs/sha256"))).map(name => `blobs/sha256/${name}`),
      "index.json",
    ];
    const members = await Promise.all(
      names.map(async name => ({ name: `./${name}`, content: await readFile(path.join(layout.folder, name)) })),
    );
    const file = await writeArchive(members);
    const image = await open(file);
    expect(image).toMatchObject({ name: `oci-archive:${file}`, manifestDigest: manifest.digest });
    expect(await layersOf(image)).toEqual([one.gzip]);
    const withoutLayer = members.filter(({ content }) => !content.equals(one.gzip));
    await expect(open(await writeArchive(withoutLayer))).rejects.toMatchObject({
      code: "blob-missing",
      message: expect.stringContaining(digestOf(one.gzip)),
    });
  });
});

describe("an archive that is compressed as a whole", () => {
  const members = () => [manifestOf(["l.tar"]), config([one]), { name: "l.tar", content: one.tar }];

  test.each([
    ["gzip", (tar: Buffer) => gzipSync(tar)],
    [
      "gzip in two members",
      (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
    ],
    ["zstd", (tar: Buffer) => zstdCompressSync(tar)],
  ])("%s: is unpacked once, to the scratch folder", async (_format, compress) => {
    const file = await writeArchive(members(), compress);
    for (let times = 0; times < 2; times += 1) expect(await layersOf(await open(file))).toEqual([one.tar]);
    expect(await readdir(scratch)).toEqual([expect.stringMatching(/^archive-[0-9a-f]+\.tar$/)]);
  });

  test("one that is cut off leaves nothing", async () => {
    const file = await writeArchive(members(), tar => gzipSync(tar).subarray(0, -20));
    await expect(open(file)).rejects.toMatchObject({ code: "damaged" });
    expect(await readdir(scratch)).toEqual([]);
  });

  test("a scratch folder that cannot be made", async () => {
    await writeFile(scratch, "a file");
    await expect(open(await writeArchive(members(), gzipSync))).rejects.toMatchObject({ code: "cache-not-writable" });
  });

  test("cancelling leaves nothing", async () => {
    const file = await writeArchive(members(), gzipSync);
    await expect(openDockerArchive(file, { scratch, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(await readdir(scratch)).toEqual([]);
  });
});

describe("what is wrong is named", () => {
  test("a layer that is not there, with its name", async () => {
    const file = await writeArchive([config([one]), manifestOf(["gone/layer.tar"])]);
    await expect(open(file)).rejects.toMatchObject({
      code: "blob-missing",
      message: expect.stringContaining("gone/layer.tar"),
    });
  });

  test("an archive that was cut off, with the member", async () => {
    const file = await writeArchive([config([one]), { name: "l.tar", content: one.tar }], tar => tar.subarray(0, 2600));
    await expect(open(file)).rejects.toMatchObject({ code: "damaged", message: expect.stringContaining('"l.tar"') });
  });

  test("a header that is none", async () => {
    const file = await writeArchive([config([one]), { name: "l.tar", content: one.tar }], tar =>
      tar.fill(0x55, 1024, 1536),
    );
    await expect(open(file)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining("at byte 1024"),
    });
  });

  test.each(["[]", "{}", '[{"Config":1}]', "nonsense", '[{"Config":"config.json","Layers":[7]}]'])(
    "manifest.json: %s",
    async content => {
      const file = await writeArchive([config([one]), { name: "manifest.json", content }]);
      await expect(open(file)).rejects.toMatchObject({
        code: "damaged",
        message: expect.stringContaining("manifest.json"),
      });
    },
  );

  test("a config for another number of layers", async () => {
    const file = await writeArchive([manifestOf(["l.tar"]), config([one, two]), { name: "l.tar", content: one.tar }]);
    await expect(open(file)).rejects.toMatchObject({ code: "damaged" });
  });

  test("a tar of something else, a missing file, a folder", async () => {
    await expect(open(await writeArchive([{ name: "etc/passwd", content: "x" }]))).rejects.toMatchObject({
      code: "unknown-target",
    });
    await expect(open(path.join(folder, "none"))).rejects.toMatchObject({ code: "unknown-target" });
    await mkdir(scratch);
    await expect(open(scratch)).rejects.toMatchObject({ code: "unknown-target" });
  });
});
