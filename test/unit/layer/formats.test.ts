import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { readContent } from "../../../lib/layer/read-content.ts";
import type { Entry } from "../../../lib/model/entry.ts";
import type { BlobLocation } from "../../../lib/model/layer-index.ts";
import { indexed } from "./temporary.ts";

/** One layer in every form that registries hold: see the README of the fixtures for who wrote them. */

function fixture(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, "../../fixtures/layers", name));
}

const plain = gunzipSync(fixture("plain.tgz"));
const [first, second, third] = [plain.subarray(0, 5000), plain.subarray(5000, 60_001), plain.subarray(60_001)];
const toc = Buffer.from("{}".repeat(50));
const skippable = Buffer.concat([Buffer.from([0x5f, 0x2a, 0x4d, 0x18, toc.length, 0, 0, 0]), toc]);

function entriesOf(index: LayerColumns): Entry[] {
  return Array.from({ length: index.entryCount }, (_, position) => index.entry(position));
}

/** All that a layer says of a path; where it stands in the tar is left out. */
function lineOf(entry: Entry): string {
  const { path: name, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, xattrs } = entry;
  const attributes = [...(xattrs ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString("hex")}`);
  return [name, type, mode.toString(8), uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, attributes].join(" ");
}

async function expectContents(blob: BlobLocation, index: LayerColumns): Promise<void> {
  for (const [position, { path: name, type, contentDigest }] of entriesOf(index).entries()) {
    if (type !== "file") continue;
    const hash = createHash("sha256");
    for await (const part of readContent(blob, index, position)) hash.update(part);
    expect(`sha256:${hash.digest("hex")}`, name).toBe(contentDigest);
  }
}

describe("the same tar in every compression", () => {
  test.each([
    ["plain", plain, "none"],
    ["gzip", fixture("plain.tgz"), "gzip"],
    ["several members of gzip", Buffer.concat([first, second, third].map(part => gzipSync(part))), "gzip"],
    ["gzip without compression", gzipSync(plain, { level: 0 }), "gzip"],
    ["zstd", zstdCompressSync(plain), "zstd"],
    ["several frames of zstd", Buffer.concat([first, second, third].map(part => zstdCompressSync(part))), "zstd"],
    [
      "zstd with frames to skip before, between and behind",
      Buffer.concat([skippable, zstdCompressSync(first), skippable, zstdCompressSync(plain.subarray(5000)), skippable]),
      "zstd",
    ],
    ["zstd:chunked of skopeo", fixture("zstd-chunked.tar.zst"), "zstd"],
  ])("%s", async (_form, bytes, compression) => {
    const { blob, index } = await indexed(bytes);
    expect(index).toMatchObject({ compression, tarBytes: plain.length, sizeBytes: bytes.length });
    expect(index.diffId).toBe(`sha256:${createHash("sha256").update(plain).digest("hex")}`);
    const lines = entriesOf(index).map(lineOf);
    expect(lines).toEqual(entriesOf((await indexed(plain)).index).map(lineOf));
    expect(lines.find(line => line.startsWith("bin/hello "))).toMatch(
      /^bin\/hello file 4755 0 0 21 1700000000000000000 {2}sha256:[0-9a-f]{64} user\.lab=76616c7565$/,
    );
    await expectContents(blob, index);
  });
});

test("eStargz: the same files and two of its own, in another order", async () => {
  const { blob, index } = await indexed(fixture("estargz.tgz"));
  const { index: expected } = await indexed(plain);
  const own = ["stargz.index.json", ".prefetch.landmark"];
  const lines = entriesOf(index)
    .filter(entry => !own.includes(entry.path))
    .map(lineOf);
  expect(lines.sort()).toEqual(entriesOf(expected).map(lineOf).sort());
  expect(index.compression).toBe("gzip");
  await expectContents(blob, index);
});
