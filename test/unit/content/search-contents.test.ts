import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ContentQuery, linePattern, requiredLiteral } from "../../../lib/content/content-query.ts";
import { type ContentHit, ContentSink } from "../../../lib/content/content-sink.ts";
import { searchLayers } from "../../../lib/content/search-layers.ts";
import { defaultLimits } from "../../../lib/layer/limits.ts";
import { TarScanner } from "../../../lib/layer/tar-scanner.ts";
import { dir, file, hardlink, pax, tar } from "../layer/make-tar.ts";
import { blobFile } from "../layer/temporary.ts";

const everything: ContentQuery = {
  text: "x",
  mode: "substring",
  ignoreCase: false,
  path: null,
  mostOfFile: Number.POSITIVE_INFINITY,
  mostOfLayer: Number.POSITIVE_INFINITY,
};

/** Hits of a tar that comes in chunks of this size. */
function found(layer: Uint8Array, query: Partial<ContentQuery>, chunkBytes = 1 << 20): ContentHit[] {
  const sink = new ContentSink({ ...everything, ...query }, () => true);
  const scanner = new TarScanner(sink, defaultLimits);
  for (let at = 0; at < layer.length; at += chunkBytes) scanner.push(layer.subarray(at, at + chunkBytes));
  scanner.end();
  return sink.hits;
}

const short = ({ path, lineNumber, line, offset }: ContentHit) => `${path}:${lineNumber}:${offset}:${line}`;

test("lines with their numbers and places; a line counts once, a hard link not at all", () => {
  const layer = tar(dir("d/"), file("d/a", "one\ntwo two\nthree"), hardlink("d/b", "d/a"), file("./c", "xtwo\r\n"));
  expect(found(layer, { text: "two" }).map(short)).toEqual(["d/a:2:4:two two", "c:1:1:xtwo"]);
  expect(found(layer, { text: "two" }).map(hit => hit.entry)).toEqual([1, 3]);
  expect(found(layer, { text: "^t", mode: "regex" }).map(short)).toEqual(["d/a:2:4:two two", "d/a:3:12:three"]);
  expect(found(layer, { text: "TWO", ignoreCase: true })).toHaveLength(2);
  expect(found(layer, { text: "e$", mode: "regex", mostOfFile: 1 }).map(short)).toEqual(["d/a:1:2:one"]);
  expect(found(layer, { text: "t", mostOfLayer: 2 })).toHaveLength(2);
});

test("of a binary file the first match only; holes of sparse files count", () => {
  const sparse = { "GNU.sparse.size": "200000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "10,3,70000,2" };
  const layer = tar(file("b", "\0\nneedle\nneedle"), pax(sparse), file("s", "abcde"));
  expect(found(layer, { text: "needle" }).map(short)).toEqual(["b:null:2:null"]);
  expect(found(layer, { text: "de" }).map(short)).toEqual(["s:null:70000:null"]);
});

test("of a long line only what is around the match, letters whole", () => {
  const [hit] = found(tar(file("a", `${"é".repeat(1000)}needle${"é".repeat(1000)}\n`)), { text: "needle" });
  expect(hit?.line).toMatch(/^é{50}needleé{97}$/);
  expect(hit).toMatchObject({ lineNumber: 1, offset: 2000, cut: [true, true] });
});

test("a line stops an expression, whatever it could match", () => {
  const layer = tar(file("a", "foo\nbar\nfoo bar\n\nx"));
  expect(found(layer, { text: "foo[^z]*bar", mode: "regex" }).map(short)).toEqual(["a:3:8:foo bar"]);
  expect(found(layer, { text: "[fo]+[^z]*b", mode: "regex" }).map(short)).toEqual(["a:3:8:foo bar"]);
  expect(found(layer, { text: "foo(?!\\s)", mode: "regex" }).map(short)).toEqual(["a:1:0:foo"]);
  expect(found(layer, { text: "^$", mode: "regex" }).map(short)).toEqual(["a:4:16:"]);
});

test("what stands across the pieces of a large file is found once, with its line", () => {
  const line = `${"abcdefghi ".repeat(9)}\n`;
  const content = Buffer.from(line.repeat(250_000));
  for (const at of [8_388_590, 8_388_604, 16_700_000, 22_000_000]) content.write("NEEDLE", at);
  const hits = found(tar(file("large", content)), { text: "NEEDLE" }, 999_983);
  expect(hits.map(hit => hit.offset)).toEqual([8_388_590, 16_700_000, 22_000_000]);
  for (const hit of hits) expect(hit.lineNumber).toBe(Math.floor(hit.offset / line.length) + 1);
  const oneLine = Buffer.alloc(20 << 20, "x");
  oneLine.write("NEEDLE", (8 << 20) - 3);
  expect(found(tar(file("line", oneLine)), { text: "NEEDLE" }, 1 << 20).map(hit => hit.offset)).toEqual([
    (8 << 20) - 3,
  ]);
});

test.each([
  ["foo.*barbaz", "barbaz"],
  ["a|b", null],
  ["(foo|bar)quux+x", "quux"],
  ["ab*cde?", "cd"],
  ["[abc]longest\\.name{2}", "longest.nam"],
  ["\\d+", null],
  ["\\u{41}bc", null],
])("every match of %s has %s", (source, literal) => {
  expect(requiredLiteral(source)?.toString() ?? null).toBe(literal);
});

test.each(["", "a\nb", "x".repeat(1001)])("the text %j is a usage error", text => {
  expect(() => linePattern({ text, mode: "substring", ignoreCase: false })).toThrow(
    expect.objectContaining({ code: "usage" }),
  );
});

const words = fc.constantFrom("a", "b", "ab", "B", "é", "\t", " ", "\n", "\n", "\r\n", "\xff", "aab", "ba");
const contentOf = fc.array(words, { maxLength: 30 }).map(parts => Buffer.from(parts.join(""), "utf8"));
const patterns = fc.oneof(
  fc.record({ mode: fc.constant("substring" as const), text: fc.constantFrom("a", "ab", "aab", "é", "b a", "baab") }),
  fc.record({
    mode: fc.constant("regex" as const),
    text: fc.constantFrom("a+b", "^a", "b$", "a.b", "[^a]b", "é|b", "(ab)+a", "b*aa", "^$", "a[^b]*b", "é.?a"),
  }),
);

test("as grep finds it in the unpacked files, however the tar is cut into chunks", () => {
  const folder = mkdtempSync(join(tmpdir(), "klab-grep-"));
  try {
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(contentOf, { minLength: 1, maxLength: 5 }),
        patterns,
        fc.boolean(),
        fc.integer({ min: 1, max: 700 }),
        (contents, pattern, ignoreCase, chunkBytes) => {
          const root = join(folder, String(run++));
          const layer = tar(...contents.map((content, i) => file(`f${i}`, content)));
          for (const [i, content] of contents.entries()) {
            mkdirSync(dirname(join(root, `f${i}`)), { recursive: true });
            writeFileSync(join(root, `f${i}`), content);
          }
          const how = [pattern.mode === "regex" ? "-E" : "-F", ...(ignoreCase ? ["-i"] : [])];
          const grep = spawnSync("grep", ["-n", "-H", ...how, "-e", pattern.text, ...contents.map((_, i) => `f${i}`)], {
            cwd: root,
            env: { ...process.env, LC_ALL: "C.UTF-8" },
          });
          const expected = grep.stdout.toString("utf8").replaceAll("\r\n", "\n").split("\n").slice(0, -1);
          const hits = found(layer, { ...pattern, ignoreCase }, chunkBytes);
          expect(hits.map(hit => `${hit.path}:${hit.lineNumber}:${hit.line}`)).toEqual(expected);
          for (const hit of hits) {
            const index = Number(hit.path.slice(1));
            const before = contents[index]!.subarray(0, hit.offset);
            expect(before.filter(byte => byte === 0x0a).length + 1).toBe(hit.lineNumber);
          }
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("layers in threads: all compressions, in order; the first failure comes at its turn", async () => {
  const layer = tar(file("a", "needle\n"), file("b", "other"), file("c", "needle"));
  const blobs = await Promise.all(
    [layer, gzipSync(layer), zstdCompressSync(layer), layer, gzipSync(layer).subarray(0, 60)].map(blobFile),
  );
  const seen: string[] = [];
  const search = searchLayers(blobs, { ...everything, text: "needle", path: "[ac]" });
  await expect(async () => {
    for await (const { layer: at, hits } of search) seen.push(...hits.map(hit => `${at} ${hit.path}`));
  }).rejects.toMatchObject({ code: "damaged" });
  expect(seen).toEqual([0, 1, 2, 3].flatMap(at => [`${at} a`, `${at} c`]));
});

test("who cancels is told, and who has enough stops it", async () => {
  const blobs = await Promise.all([1, 2, 3].map(() => blobFile(tar(file("a", "needle")))));
  const query = { ...everything, text: "needle" };
  const stop = new AbortController();
  const stopped = searchLayers(blobs, query, { signal: stop.signal });
  await stopped.next();
  stop.abort();
  await expect(async () => {
    for await (const _ of stopped);
  }).rejects.toMatchObject({ code: "cancelled" });
  const enough = searchLayers(blobs, query);
  expect((await enough.next()).value?.hits).toHaveLength(1);
  expect((await enough.return()).done).toBe(true);
});
