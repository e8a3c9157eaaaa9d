import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ImportLimits, importBuilds } from "../../../lib/recording/import-builds.ts";
import { adoptLayer } from "../../../lib/store/blob-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { writeTarGz } from "../cli/program.ts";
import { digestOf } from "../image/samples.ts";
import { header } from "../layer/make-tar.ts";

let root: string;
let cache: CacheFolder;
let file: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-limits-"));
  cache = new CacheFolder(join(root, "cache"));
  await cache.create();
  file = join(root, "it.klab");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function refusal(limits: Partial<ImportLimits>): Promise<unknown> {
  return importBuilds(cache, file, { limits }).then(
    () => null,
    error => error,
  );
}

const layers = ["one", "two", "three"].map(text => {
  const content = gzipSync(text);
  return { name: `layers/${digestOf(content)}.tgz`, content };
});
const layersBytes = layers.reduce((sum, layer) => sum + layer.content.length, 0);

test("layers are bounded all together, not only each", async () => {
  await writeTarGz(file, layers);
  expect(await refusal({ layersBytes: layersBytes - 1 })).toMatchObject({
    code: "too-large",
    message: expect.stringContaining(file),
  });
  // Within the bounds the next thing that is wrong is told.
  expect(await refusal({ layersBytes })).toMatchObject({ code: "damaged", message: `${file} holds no build` });
});

/** The header of an entry that claims 2^50 bytes, and nothing of them. */
function writeClaim(name: string): void {
  const size = Buffer.alloc(12);
  size[0] = 0x80;
  size.writeBigUInt64BE(2n ** 50n, 4);
  writeFileSync(file, gzipSync(header({ name, raw: { 124: size } })));
}
const endless = { layerBytes: 2 ** 52, layersBytes: 2 ** 52, documentBytes: 2 ** 52, documentsBytes: 2 ** 52 };

test("what cannot fit on the disk is refused before a byte of it is written", async () => {
  const digest = "a".repeat(64);
  for (const name of [`layers/sha256:${digest}.tgz`, "builds/20260101-000000-abcd/executor.log"]) {
    writeClaim(name);
    expect(await refusal(endless)).toMatchObject({
      code: "disk-full",
      message: expect.stringContaining(name),
      hint: expect.stringContaining("free some space"),
    });
    expect(readdirSync(cache.scratch)).toEqual([]);
  }
});

test("a layer that is here already needs no space", async () => {
  const content = gzipSync("kept");
  const source = join(root, "layer");
  writeFileSync(source, content);
  await adoptLayer(cache, source, digestOf(content), { mode: "copy" });
  writeClaim(`layers/${digestOf(content)}.tgz`);
  expect(await refusal(endless)).toMatchObject({ code: "damaged", message: expect.stringContaining("cut off") });
});

test("a listing of one endless line is not kept in memory", async () => {
  await writeTarGz(file, [{ name: `listings/${"a".repeat(64)}.ndjson`, content: Buffer.alloc(4096, "x") }]);
  expect(await refusal({ lineBytes: 1024 })).toMatchObject({
    code: "too-large",
    message: expect.stringContaining(".ndjson:1"),
  });
});
