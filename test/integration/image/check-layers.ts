import { createHash } from "node:crypto";
import { expect } from "vitest";
import { readFirstBytes } from "../../../lib/image/whole-blob.ts";
import { detectCompression, magicBytes } from "../../../lib/layer/compression.ts";
import { inflate } from "../../../lib/layer/inflate.ts";
import { readBlob } from "../../../lib/layer/read-blob.ts";
import type { Image } from "../../../lib/model/image.ts";

/** Reads every layer where it is and compares with what the image says of it. */
export async function checkLayers(image: Image): Promise<void> {
  expect(image.layers.length).toBeGreaterThan(0);
  for (const { blob, digest, diffId } of image.layers) {
    if (blob === null) throw new Error("no blob");
    const compression = detectCompression(await readFirstBytes(blob, magicBytes));
    const stored = await sha256(readBlob(blob));
    if (digest !== null) expect(stored).toBe(digest);
    expect(await sha256(inflate(readBlob(blob), compression))).toBe(diffId);
  }
}

async function sha256(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
