import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { indexLayer } from "../../../lib/layer/index-layer.ts";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import type { BlobLocation } from "../../../lib/model/layer-index.ts";

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "klab-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function blobFile(content: Uint8Array): Promise<BlobLocation> {
  const file = path.join(await temporaryFolder(), "layer");
  await writeFile(file, content);
  return { file, offset: 0, sizeBytes: content.length };
}

export async function indexed(content: Uint8Array): Promise<{ blob: BlobLocation; index: LayerColumns }> {
  const blob = await blobFile(content);
  return { blob, index: await indexLayer(blob, { indexFile: `${blob.file}.index` }) };
}
