import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openOciLayout } from "../../../lib/image/oci-layout.ts";
import type { Platform } from "../../../lib/image/platform.ts";
import {
  configOf,
  digestOf,
  LayoutWriter,
  makeFolder,
  makeLayer,
  named,
  platform,
  type SampleLayer,
} from "./samples.ts";

let folder: string;
let layout: LayoutWriter;
let one: SampleLayer;
let two: SampleLayer;

beforeEach(async () => {
  folder = await makeFolder();
  layout = new LayoutWriter(path.join(folder, "out"));
  [one, two] = [await makeLayer("one"), await makeLayer("two")];
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const amd64: Platform = { os: "linux", architecture: "amd64", variant: "" };
const arm64: Platform = { os: "linux", architecture: "arm64", variant: "" };

test("one image: layers oldest first, where they are", async () => {
  const manifest = await layout.image([one, two]);
  await layout.blob("something that belongs to no image");
  await layout.index([manifest]);
  const image = await openOciLayout(layout.folder);
  expect(image).toMatchObject({ name: `oci:${layout.folder}`, manifestDigest: manifest.digest });
  expect(image.configDigest).toBe(digestOf(configOf([one, two])));
  expect(image.layers.map(layer => layer.digest)).toEqual([digestOf(one.gzip), digestOf(two.gzip)]);
  expect(image.layers.map(layer => layer.diffId)).toEqual([digestOf(one.tar), digestOf(two.tar)]);
  const blob = image.layers[1]?.blob;
  expect(await readFile(blob?.file ?? "")).toEqual(two.gzip);
  expect(blob).toMatchObject({ offset: 0, sizeBytes: two.gzip.length });
});

describe("several images", () => {
  test("are told apart by their names or digests", async () => {
    const [first, second] = [await layout.image([one]), await layout.image([two])];
    await layout.index([
      { ...first, ...named("v1") },
      { ...second, ...named("v2") },
    ]);
    expect((await openOciLayout(layout.folder, { ref: "v2" })).manifestDigest).toBe(second.digest);
    expect((await openOciLayout(layout.folder, { ref: first.digest })).manifestDigest).toBe(first.digest);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({
      code: "unknown-target",
      hint: expect.stringContaining("v1, v2"),
    });
    await expect(openOciLayout(layout.folder, { ref: "v3" })).rejects.toMatchObject({
      code: "image-not-found",
      hint: expect.stringContaining("v1, v2"),
    });
  });

  test("one image under two names is one", async () => {
    const manifest = await layout.image([one]);
    await layout.index([
      { ...manifest, ...named("v1") },
      { ...manifest, ...named("v2") },
    ]);
    expect((await openOciLayout(layout.folder)).manifestDigest).toBe(manifest.digest);
  });

  test("platforms are chosen, in index.json and in a nested index; attestations are no images", async () => {
    const [amd, arm] = [await layout.image([one]), await layout.image([two])];
    const attestation = {
      ...(await layout.document({ schemaVersion: 2, config: await layout.blob("{}"), layers: [] })),
      ...platform("unknown"),
      annotations: { "vnd.docker.reference.type": "attestation-manifest" },
    };
    const entries = [attestation, { ...amd, ...platform("amd64") }, { ...arm, ...platform("arm64", "v8") }];
    await layout.index(entries);
    expect((await openOciLayout(layout.folder, { platform: arm64 })).manifestDigest).toBe(arm.digest);
    const nested = await layout.document({ schemaVersion: 2, manifests: entries });
    await layout.index([{ ...nested, ...named("v1") }]);
    expect((await openOciLayout(layout.folder, { platform: amd64 })).manifestDigest).toBe(amd.digest);
    const s390x = { os: "linux", architecture: "s390x", variant: "" };
    await expect(openOciLayout(layout.folder, { platform: s390x })).rejects.toMatchObject({
      code: "image-not-found",
      message: expect.stringContaining("linux/s390x"),
      hint: expect.stringContaining("linux/amd64, linux/arm64"),
    });
  });

  test("indexes in indexes have an end", async () => {
    let entry: object = await layout.image([one]);
    for (let depth = 0; depth < 20; depth += 1) entry = await layout.document({ schemaVersion: 2, manifests: [entry] });
    await layout.index([entry]);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "damaged" });
  });
});

describe("what is wrong is named", () => {
  beforeEach(async () => await layout.index([await layout.image([one, two])]));

  test("a missing layer, with its digest and the folder", async () => {
    await rm(layout.blobFile(digestOf(two.gzip)));
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({
      code: "blob-missing",
      exitStatus: 5,
      message: `${layout.folder} names the layer ${digestOf(two.gzip)}, but does not have it`,
      hint: "the image is not complete; make or copy it again",
    });
  });

  test("a layer that was cut off", async () => {
    await truncate(layout.blobFile(digestOf(two.gzip)), 10);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(`10 bytes instead of ${two.gzip.length}`),
    });
  });

  test("a config with other bytes of the same size", async () => {
    const config = configOf([one, two]);
    await writeFile(layout.blobFile(digestOf(config)), config.replace("linux", "Linux"));
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  test("a config for another number of layers", async () => {
    await layout.index([await layout.image([one], configOf([one, two]))]);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining("1 layers"),
    });
  });

  test("a layer that is a link out of the folder is not followed; one within it is", async () => {
    const file = layout.blobFile(digestOf(two.gzip));
    await rename(file, path.join(layout.folder, "moved"));
    await symlink("../../moved", file);
    expect((await openOciLayout(layout.folder)).layers).toHaveLength(2);
    await rename(path.join(layout.folder, "moved"), path.join(folder, "outside"));
    await rm(file);
    await symlink(path.join(folder, "outside"), file);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "unsafe" });
  });

  test.each([
    "",
    "[]",
    "{",
    '{"schemaVersion":2,"manifests":[{"digest":"sha256:../../x","size":1}]}',
    '{"schemaVersion":2,"manifests":[]}',
  ])("index.json: %j", async content => {
    await writeFile(path.join(layout.folder, "index.json"), content);
    const code = content.endsWith("[]}") ? "image-not-found" : "damaged";
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code });
  });

  test("an index.json of many megabytes is not read", async () => {
    await truncate(path.join(layout.folder, "index.json"), 100 << 20);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "too-large" });
  });

  test("a manifest that says it is huge is not read", async () => {
    const file = path.join(layout.folder, "huge");
    await writeFile(file, "");
    await truncate(file, 100 << 20);
    const digest = `sha256:${createHash("sha256").update("x").digest("hex")}` as ReturnType<typeof digestOf>;
    await rename(file, layout.blobFile(digest));
    await layout.index([{ digest, size: 100 << 20 }]);
    await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "too-large" });
  });
});

test("a folder that is no layout", async () => {
  await mkdir(layout.folder);
  await expect(openOciLayout(layout.folder)).rejects.toMatchObject({ code: "unknown-target", exitStatus: 2 });
  await expect(openOciLayout(path.join(folder, "none"))).rejects.toMatchObject({ code: "unknown-target" });
});
