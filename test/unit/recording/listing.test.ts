import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultLimits } from "../../../lib/layer/limits.ts";
import type { Entry } from "../../../lib/model/entry.ts";
import { jsonLines } from "../../../lib/recording/lines.ts";
import { listingLines, readListing } from "../../../lib/recording/listing.ts";
import { replayBuild } from "../../../lib/recording/replay-build.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { dir, file, hardlink, header, pax, symlink, tar } from "../layer/make-tar.ts";
import { indexed } from "../layer/temporary.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(text: string, pieceBytes: number, largestBytes = 1000): Promise<string[]> {
  return allOf(jsonLines(inPieces(text, pieceBytes), largestBytes, "here"));
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const layer = tar(
  dir("d/", { mode: 0o1755, uid: 3_000_000, gid: 7 }),
  file("d/f", "content", { mtime: 1000 }),
  file("d/two\u2028lines\r", "x"),
  file(Buffer.from([0x64, 0x2f, 0xff, 0xfe]), "not UTF-8"),
  hardlink("d/h", "d/f"),
  symlink("s", "../../out"),
  header({ name: "dev", type: "3", major: 5, minor: 1 }),
  file("d/.wh.gone", ""),
  file("d/.wh..wh..opq", ""),
  pax({ mtime: "-1.5", "SCHILY.xattr.user.a": Buffer.from([0, 255]) }),
  file("attributes", ""),
);

test("a listing says all that an index does, but where the content is", async () => {
  const { index } = await indexed(layer);
  const text = `${[...listingLines(index)].join("\n")}\n`;
  const listed = await readListing(jsonLines(inPieces(text, 7), 10_000, "here"), "here");
  expect(listed.entryCount).toBe(10);
  expect(listed).toMatchObject({ digest: index.digest, diffId: index.diffId, tarBytes: index.tarBytes });
  for (let at = 0; at < index.entryCount; at += 1) expect(factsOf(listed.entry(at))).toEqual(factsOf(index.entry(at)));
});

/** As plain data: entries are views over columns. */
function factsOf(entry: Entry) {
  const { path, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, device, whiteout } = entry;
  const xattrs = entry.xattrs && [...entry.xattrs].map(([name, value]) => [name, [...value]]);
  return { path, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, device, whiteout, xattrs };
}

test("entries and names are bounded", async () => {
  const { index } = await indexed(layer);
  const read = (limits: object) =>
    readListing(linesIn([...listingLines(index)]), "here", { ...defaultLimits, ...limits });
  expect((await read({ entries: 10 })).entryCount).toBe(10);
  await expect(read({ entries: 9 })).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining("here:11"),
  });
  await expect(read({ poolBytes: 20 })).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining("here:"),
  });
});

async function* linesIn(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test("lines end at \\n only, wherever the pieces end, and the last one needs none", async () => {
  const text = "a\u2028b\r\n\nünï\nlast";
  for (const pieceBytes of [1, 2, 3, 100])
    expect(await linesOf(text, pieceBytes)).toEqual(["a\u2028b\r", "", "ünï", "last"]);
  expect(await linesOf("", 1)).toEqual([]);
  expect(await linesOf("a\n", 1)).toEqual(["a"]);
});

test("a line that is too long is told with its number", async () => {
  expect(await linesOf("12345\n12345", 2, 5)).toEqual(["12345", "12345"]);
  await expect(linesOf("12345\n123456", 2, 5)).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining("here:2"),
  });
});

test("output with other line separators is played as it was", async () => {
  const root = mkdtempSync(join(tmpdir(), "kaniko-lab-replay-"));
  try {
    const cache = new CacheFolder(root);
    const id = "20260101-000000-abcd";
    mkdirSync(cache.buildFolder(id), { recursive: true });
    const event = { type: "output", atMs: 0, step: 1, text: "one\u2028two\u2029three" };
    writeFileSync(join(cache.buildFolder(id), "events.ndjson"), `${JSON.stringify(event)}\n`);
    const played = await allOf(replayBuild(cache, id, { speed: Number.POSITIVE_INFINITY }));
    expect(played).toEqual([event]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
