import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, expect, test } from "vitest";
import { indexLayers } from "../../../lib/layer/index-layer.ts";

const folder = mkdtempSync(join(tmpdir(), "klab-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function layerFile(name: string): Promise<string> {
  const archive = pack();
  archive.entry({ name }, randomBytes(150_000));
  archive.finalize();
  const file = join(folder, name);
  writeFileSync(file, gzipSync(await buffer(archive)));
  return file;
}

test("threads take one layer after the other when there are more layers than cores", async () => {
  const names = Array.from({ length: 2 * availableParallelism() + 1 }, (_, at) => `layer-${at}`);
  const files = await Promise.all(names.map(layerFile));
  const indexes = await indexLayers(
    files.map(file => ({
      blob: { file, offset: 0, sizeBytes: statSync(file).size },
      options: { indexFile: `${file}.index` },
    })),
  );
  expect(indexes.map(index => index.path(0))).toEqual(names);
});
