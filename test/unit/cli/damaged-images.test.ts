import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Place, writeTarGz } from "./program.ts";

let place: Place;
let layout: string;
let layerFile: string;
let layerDigest: string;
beforeEach(async () => {
  place = await Place.create();
  layout = place.path("image");
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  await writeTarGz(place.path("layer.tgz"), [{ name: "file", content: "text\n".repeat(5000) }]);
  const layer = readFileSync(place.path("layer.tgz"));
  layerDigest = addBlob(layer);
  layerFile = blobFile(layerDigest);
  const diffId = digestOf(gunzipSync(layer));
  const config = addBlob(
    JSON.stringify({
      os: "linux",
      architecture: "amd64",
      config: {},
      rootfs: { type: "layers", diff_ids: [diffId] },
      history: [{ created_by: "COPY file /" }],
    }),
  );
  const manifest = addBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: descriptor(config, "application/vnd.oci.image.config.v1+json"),
      layers: [descriptor(layerDigest, "application/vnd.oci.image.layer.v1.tar+gzip")],
    }),
  );
  writeFileSync(join(layout, "oci-layout"), `{"imageLayoutVersion":"1.0.0"}`);
  writeFileSync(
    join(layout, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [descriptor(manifest, "application/vnd.oci.image.manifest.v1+json")],
    }),
  );
});
afterEach(() => place.remove());

function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function blobFile(digest: string): string {
  return join(layout, "blobs", digest.replace(":", "/"));
}

function addBlob(bytes: Buffer | string): string {
  const digest = digestOf(bytes);
  writeFileSync(blobFile(digest), bytes);
  return digest;
}

function descriptor(digest: string, mediaType: string): object {
  return { digest, mediaType, size: readFileSync(blobFile(digest)).length };
}

async function refused(
  ...args: string[]
): Promise<{ status: number | null; code: string; message: string; hint: string | null }> {
  const text = await place.run(args);
  const { status, stdout, stderr } = await place.run([...args, "--json"]);
  expect(stdout).toBe("");
  const { error } = JSON.parse(stderr);
  expect(text).toMatchObject({ status, stdout: "" });
  expect(text.stderr).toContain(`error: ${error.message}\n`);
  return { status, ...error };
}

test("a whole image is read, before any of it is broken", async () => {
  expect((await place.json("layers", "oci:image")).layers).toMatchObject([{ digest: layerDigest }]);
  expect(await place.run(["cat", "image", "/file"])).toMatchObject({ status: 0, stdout: "text\n".repeat(5000) });
});

describe("a layout", () => {
  test("whose manifest names a blob that is not there", async () => {
    rmSync(layerFile);
    expect(await refused("ls", "oci:image")).toMatchObject({
      status: 5,
      code: "blob-missing",
      message: expect.stringContaining(layerDigest),
    });
  });

  test("whose layer is cut off, or changed in one byte", async () => {
    const whole = readFileSync(layerFile);
    truncateSync(layerFile, whole.length - 20);
    expect(await refused("ls", "oci:image")).toMatchObject({
      status: 5,
      message: expect.stringContaining(layerDigest),
    });
    const changed = Buffer.from(whole);
    changed[4] = (changed[4] as number) ^ 1;
    writeFileSync(layerFile, changed);
    expect(await refused("ls", "oci:image")).toMatchObject({
      status: 5,
      code: "digest-mismatch",
      message: expect.stringContaining(layerFile),
    });
  });

  test("without an index, with one that is none", async () => {
    for (const text of [
      "",
      "{",
      "[]",
      `{"manifests":[]}`,
      `{"manifests":[{"digest":"../../etc/passwd","size":1,"mediaType":"x"}]}`,
    ]) {
      writeFileSync(join(layout, "index.json"), text);
      const { status, message } = await refused("steps", "oci:image");
      expect([1, 2, 5], message).toContain(status);
    }
    rmSync(join(layout, "index.json"));
    expect(await refused("steps", "oci:image")).toMatchObject({
      status: 2,
      message: expect.stringContaining("index.json"),
    });
  });
});

describe("a single file", () => {
  test("cut off, changed, of another kind, empty", async () => {
    const whole = readFileSync(place.path("layer.tgz"));
    for (const [name, bytes] of Object.entries({
      "cut.tgz": whole.subarray(0, whole.length >> 1),
      "text.tgz": Buffer.from("no layer at all\n".repeat(100)),
      "empty.tgz": Buffer.alloc(0),
    })) {
      writeFileSync(place.path(name), bytes);
      const { status, message } = await refused("ls", name);
      expect([2, 5], message).toContain(status);
      expect(message).toContain(name);
    }
  });

  test("nothing of it stays in the cache folder", async () => {
    writeFileSync(place.path("cut.tgz"), readFileSync(place.path("layer.tgz")).subarray(0, 100));
    await refused("ls", "cut.tgz");
    expect((await place.run(["builds", "--json"])).stdout).toContain(`"builds": []`);
  });
});
