import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Digest, parseDigest } from "../../../lib/model/digest.ts";
import { adoptLayer } from "../../../lib/store/blob-store.ts";
import { CacheFolder, parseLayerFileName } from "../../../lib/store/cache-folder.ts";

let root: string;
let cache: CacheFolder;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-blobs-"));
  cache = new CacheFolder(join(root, "cache"));
  await cache.create();
});
afterEach(() => rm(root, { recursive: true, force: true }));

function source(bytes: Buffer | string): { file: string; digest: Digest } {
  const digest = parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  const file = join(root, "source");
  writeFileSync(file, bytes);
  return { file, digest };
}

test("each compression has its ending, found in the bytes", async () => {
  for (const [bytes, ending] of [
    [gzipSync("a"), ".tgz"],
    [zstdCompressSync(Buffer.from("a")), ".tar.zst"],
    [Buffer.from("plain"), ".tar"],
    [Buffer.alloc(0), ".tar"],
  ] as const) {
    const { file, digest } = source(bytes);
    const kept = await adoptLayer(cache, file, digest, { mode: "copy" });
    expect(kept).toBe(join(cache.root, `${digest}${ending}`));
    expect(readFileSync(kept).equals(bytes)).toBe(true);
    expect(cache.findLayer(digest)).toBe(kept);
    expect(parseLayerFileName(kept.slice(cache.root.length + 1))).toBe(digest);
  }
});

test("bytes that are others leave nothing behind, whether moved or copied", async () => {
  for (const mode of ["move", "copy"] as const) {
    const { file } = source("these");
    const wrong = parseDigest(`sha256:${"0".repeat(64)}`);
    await expect(adoptLayer(cache, file, wrong, { mode })).rejects.toMatchObject({
      code: "digest-mismatch",
      message: expect.stringContaining(file),
    });
    expect(readdirSync(cache.root).filter(name => /^(sha256|\.new)/.test(name))).toEqual([]);
  }
});

test("many at once, one file", async () => {
  const { file, digest } = source(gzipSync("a"));
  const kept = await Promise.all(Array.from({ length: 8 }, () => adoptLayer(cache, file, digest, { mode: "copy" })));
  expect(new Set(kept).size).toBe(1);
  expect(readdirSync(cache.root).filter(name => /^(sha256|\.new)/.test(name))).toHaveLength(1);
});

test("names that are no layers", () => {
  for (const name of [
    "sha256:abc.tgz",
    `sha256:${"g".repeat(64)}.tgz`,
    `sha256:${"a".repeat(64)}.zip`,
    `x${"a".repeat(64)}.tgz`,
    "../x",
  ])
    expect(parseLayerFileName(name)).toBeNull();
});

test("a link is refused, and neither kept nor followed nor removed", async () => {
  const { file, digest } = source(gzipSync("a"));
  chmodSync(file, 0o600);
  const link = join(root, "link");
  symlinkSync(file, link);
  await expect(adoptLayer(cache, link, digest, { mode: "move" })).rejects.toMatchObject({
    code: "unsafe",
    message: expect.stringContaining(link),
  });
  expect(cache.findLayer(digest)).toBeNull();
  expect(readdirSync(cache.root).filter(name => name.startsWith(".new"))).toEqual([]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readlinkSync(link)).toBe(file);
  // A copy of what it names is a file of our own.
  const kept = await adoptLayer(cache, link, digest, { mode: "copy" });
  expect(lstatSync(kept).isFile()).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a folder and a named pipe are refused", async () => {
  const digest = parseDigest(`sha256:${"0".repeat(64)}`);
  const pipe = join(root, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const mode of ["move", "copy"] as const)
    for (const path of [pipe, cache.builds])
      await expect(adoptLayer(cache, path, digest, { mode })).rejects.toMatchObject({ code: "unsafe" });
});
