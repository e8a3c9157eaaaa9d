import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readIndexFacts, readIndexFile, writeIndexFile } from "../../../lib/layer/index-file.ts";
import { indexLayer, indexLayers, layerFacts } from "../../../lib/layer/index-layer.ts";
import type { DiffId, Digest } from "../../../lib/model/digest.ts";
import { dir, file, hardlink, pax, symlink, tar } from "./make-tar.ts";
import { blobFile, indexed, temporaryFolder } from "./temporary.ts";

function sha256(bytes: Uint8Array): Digest & DiffId {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest & DiffId;
}

const content = "x".repeat(3000);
const layerTar = tar(dir("d/"), file("d/f", content), file("empty"), symlink("s", "d/f"), hardlink("h", "d/f"));
/** Too large for the calling thread. */
const largeTar = tar(
  file("random", Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251))),
  file("last", "end"),
);

test.each([
  ["gzip", gzipSync(layerTar), "gzip"],
  ["zstd", zstdCompressSync(layerTar), "zstd"],
  ["a plain tar", layerTar, "none"],
])("%s: digests of the stored bytes, of the tar and of every content", async (_name, bytes, compression) => {
  const { index } = await indexed(bytes);
  expect(index).toMatchObject({ compression, sizeBytes: bytes.length, tarBytes: layerTar.length, entryCount: 5 });
  expect(index.digest).toBe(sha256(bytes));
  expect(index.diffId).toBe(sha256(layerTar));
  expect(index.entry(1).contentDigest).toBe(sha256(Buffer.from(content)));
  expect(index.entry(2).contentDigest).toBe(sha256(Buffer.alloc(0)));
  for (const position of [0, 3, 4]) expect(index.entry(position).contentDigest).toBeNull();
});

test("the content digest of a sparse file is that of all its bytes", async () => {
  const records = { "GNU.sparse.size": "100000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "10,3,70000,2" };
  const whole = Buffer.alloc(100_000);
  whole.write("abc", 10);
  whole.write("de", 70_000);
  const { index } = await indexed(tar(pax(records), file("s", "abcde")));
  expect(index.entry(0).contentDigest).toBe(sha256(whole));
});

test("a blob inside of a file", async () => {
  const blob = await blobFile(Buffer.concat([Buffer.from("before"), gzipSync(layerTar), Buffer.from("after")]));
  const inner = { ...blob, offset: 6, sizeBytes: blob.sizeBytes - 11 };
  const index = await indexLayer(inner, { indexFile: `${blob.file}.index` });
  expect(index.entryCount).toBe(5);
});

test("a large layer is scanned in another thread, with progress, and comes out the same", async () => {
  const bytes = gzipSync(largeTar, { level: 0 });
  const blob = await blobFile(bytes);
  const seen: [number, number][] = [];
  const index = await indexLayer(blob, {
    indexFile: `${blob.file}.index`,
    expectedDigest: sha256(bytes),
    expectedDiffId: sha256(largeTar),
    onProgress: (done, total) => seen.push([done, total]),
  });
  expect(index.path(1)).toBe("last");
  expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
});

test("an index that is there is taken; one of another blob, a damaged or an old one is made again", async () => {
  const { blob, index } = await indexed(layerTar);
  const indexFile = `${blob.file}.index`;
  const first = await stat(indexFile);
  await indexLayer(blob, { indexFile, expectedDigest: index.digest, expectedDiffId: index.diffId });
  expect((await stat(indexFile)).ino).toBe(first.ino);
  const whole = await readFile(indexFile);
  for (const bad of [
    whole.subarray(0, 100),
    whole.subarray(0, -1),
    Buffer.alloc(0),
    flipped(whole, 8),
    flipped(whole, 400),
  ]) {
    await writeFile(indexFile, bad);
    await expect(readIndexFile(indexFile)).rejects.toMatchObject({ code: "damaged" });
    expect((await indexLayer(blob, { indexFile })).diffId).toBe(index.diffId);
    expect((await readFile(indexFile)).equals(whole)).toBe(true);
  }
  const other = await blobFile(tar(file("other")));
  expect((await indexLayer(other, { indexFile })).path(0)).toBe("other");
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

test("no index file at all", async () => {
  await expect(readIndexFile("/no/such/index")).rejects.toMatchObject({ code: "blob-missing" });
});

test("any index can be written and read again", async () => {
  const { index } = await indexed(layerTar);
  const copy = path.join(await temporaryFolder(), "deep", "copy");
  const entries = Array.from({ length: index.entryCount }, (_, position) => index.entry(position));
  await writeIndexFile(copy, {
    digest: index.digest,
    diffId: index.diffId,
    compression: index.compression,
    sizeBytes: index.sizeBytes,
    tarBytes: index.tarBytes,
    entryCount: index.entryCount,
    entry: position => entries[position]!,
    path: position => entries[position]!.path,
  });
  const read = await readIndexFile(copy);
  expect(read.digest).toBe(index.digest);
  for (const [position, entry] of entries.entries()) {
    const { path: name, type, mode, sizeBytes, mtimeNs, linkTarget, contentDigest, contentOffset } = entry;
    expect(read.entry(position)).toMatchObject({
      path: name,
      type,
      mode,
      sizeBytes,
      mtimeNs,
      linkTarget,
      contentDigest,
      contentOffset,
    });
  }
});

test.each([
  ["small", layerTar],
  ["large", largeTar],
])("%s: other digests than expected are an error and leave no index", async (_size, bytes) => {
  const blob = await blobFile(bytes);
  const indexFile = `${blob.file}.index`;
  const wrong = sha256(Buffer.from("wrong"));
  await expect(indexLayer(blob, { indexFile, expectedDigest: wrong })).rejects.toMatchObject({
    code: "digest-mismatch",
    hint: expect.stringMatching(/changed .*fetch it again/),
  });
  await expect(indexLayer(blob, { indexFile, expectedDiffId: wrong })).rejects.toMatchObject({
    code: "digest-mismatch",
  });
  // The bytes are those that were wanted: no other copy of them would be better.
  const asNamed = { expectedDigest: sha256(bytes), expectedDiffId: wrong };
  await expect(indexLayer(blob, { indexFile, ...asNamed })).rejects.toMatchObject({
    code: "digest-mismatch",
    message: expect.stringContaining("the layer's diffId is"),
    hint: expect.stringMatching(/config names another tar: whoever made the image must mend it$/),
  });
  expect(await readdir(path.dirname(blob.file))).toEqual(["layer"]);
});

test("a missing file, a short one, and a damaged layer", async () => {
  const blob = await blobFile(largeTar);
  const indexFile = `${blob.file}.index`;
  await expect(indexLayer({ ...blob, file: "/no/such/blob" }, { indexFile })).rejects.toMatchObject({
    code: "blob-missing",
  });
  await expect(indexLayer({ ...blob, sizeBytes: blob.sizeBytes + 1 }, { indexFile })).rejects.toMatchObject({
    code: "damaged",
  });
  await expect(indexLayer({ ...blob, sizeBytes: 100_000 }, { indexFile })).rejects.toMatchObject({ code: "damaged" });
});

test("cancelling, before and in the middle", async () => {
  const blob = await blobFile(gzipSync(Buffer.concat([largeTar, largeTar]), { level: 0 }));
  const indexFile = `${blob.file}.index`;
  await expect(indexLayer(blob, { indexFile, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "cancelled",
  });
  const stop = new AbortController();
  const indexing = indexLayer(blob, { indexFile, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(indexing).rejects.toMatchObject({ code: "cancelled" });
  expect((await indexLayer(blob, { indexFile })).path(0)).toBe("random");
});

test("a layer that gets a second thread: digests, a wrong one, damage, cancelling", async () => {
  const content = randomBytes(9 << 20);
  const bytes = gzipSync(tar(dir("d/"), file("d/f", content)), { level: 1 });
  const blob = await blobFile(bytes);
  const indexFile = `${blob.file}.index`;
  const index = await indexLayer(blob, { indexFile: `${blob.file}.whole`, expectedDigest: sha256(bytes) });
  expect(index.contentDigest(1)).toBe(sha256(content));
  const wrong = sha256(Buffer.from("wrong"));
  await expect(indexLayer(blob, { indexFile, expectedDiffId: wrong })).rejects.toMatchObject({
    code: "digest-mismatch",
  });
  const damaged = Buffer.from(bytes);
  damaged.fill(0, 1_000_000, 1_001_000);
  await expect(indexLayer(await blobFile(damaged), { indexFile })).rejects.toMatchObject({ code: "damaged" });
  const stop = new AbortController();
  const indexing = indexLayer(blob, { indexFile, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(indexing).rejects.toMatchObject({ code: "cancelled" });
});

test("facts are read without the entries, and found again when the file is damaged", async () => {
  const { blob, index } = await indexed(layerTar);
  const indexFile = `${blob.file}.index`;
  const { digest, diffId, compression, sizeBytes, tarBytes, entryCount } = index;
  const facts = { digest, diffId, compression, sizeBytes, tarBytes, entryCount };
  expect(await layerFacts(blob, { indexFile })).toEqual(facts);
  const whole = await readFile(indexFile);
  for (const bad of [whole.subarray(0, 100), whole.subarray(0, -1), flipped(whole, 60), flipped(whole, 121)]) {
    await writeFile(indexFile, bad);
    expect(readIndexFacts(indexFile)).toBeNull();
    expect(await layerFacts(blob, { indexFile })).toMatchObject(facts);
    expect((await readFile(indexFile)).equals(whole)).toBe(true);
  }
});

test("several layers at once come in their order; the first failure ends all", async () => {
  const blobs = await Promise.all([largeTar, layerTar, largeTar, gzipSync(largeTar)].map(blobFile));
  const layers = blobs.map(blob => ({ blob, options: { indexFile: `${blob.file}.index` } }));
  expect((await indexLayers(layers)).map(index => index.path(0))).toEqual(["random", "d", "random", "random"]);
  const bad = {
    blob: await blobFile(Buffer.from("bad".repeat(50_000))),
    options: { indexFile: `${blobs[0]!.file}.2` },
  };
  await expect(indexLayers([...layers, bad])).rejects.toMatchObject({ code: "damaged" });
});

test("an index folder that cannot be written: the layer is read all the same", async () => {
  const blob = await blobFile(layerTar);
  const kept = await indexLayer(blob, { indexFile: `${blob.file}.index` });
  const index = await indexLayer(blob, { indexFile: `${blob.file}/index` });
  expect(index.digest).toBe(kept.digest);
  expect(index.entryCount).toBe(kept.entryCount);
});
