import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import path from "node:path";
import { LabError, messageOf } from "../error.ts";
import { detectCompression } from "../layer/compression.ts";
import { readBlob } from "../layer/read-blob.ts";
import { blockBytes, dialectOf, isZeroBlock } from "../layer/tar-header.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import type { Image, ImageLayer } from "../model/image.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { readFirstBytes } from "./whole-blob.ts";

/**
 * A single layer: a `.tgz`, `.tar.zst` or `.tar`, whatever it is called.
 *
 * @throws LabError `unknown-target` when it is no such file
 */
export async function openLayerFile(file: string, name: string = file): Promise<Image> {
  const layer = await readLayerFile(file);
  return { name, manifestDigest: null, configDigest: null, config: null, layers: [layer] };
}

/** @throws LabError `unknown-target` */
export async function readLayerFile(file: string): Promise<ImageLayer & { readonly blob: BlobLocation }> {
  const found = await stat(file).catch((error: unknown) => {
    throw new LabError("unknown-target", `cannot open ${file}: ${messageOf(error)}`, { cause: error });
  });
  const blob = { file, offset: 0, sizeBytes: found.size };
  if (!found.isFile() || !isLayerStart(await readFirstBytes(blob, blockBytes))) {
    throw new LabError("unknown-target", `${file} is no layer: neither gzip, zstd nor tar`, {
      hint: "layers are .tgz, .tar.zst or .tar files",
    });
  }
  return { digest: digestOfFileName(file), diffId: null, mediaType: "", sizeBytes: found.size, blob };
}

/** The digest of the stored bytes, for a layer that can be told by nothing else. */
export async function digestOfBlob(blob: BlobLocation): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of readBlob(blob)) hash.update(chunk);
  return digestOfHex(hash.digest("hex"));
}

/** By magic bytes; a plain tar by the checksum of its first header, or the zeros that an empty one begins with. */
export function isLayerStart(firstBlock: Uint8Array): boolean {
  if (detectCompression(firstBlock) !== "none") return true;
  return firstBlock.length === blockBytes && (isZeroBlock(firstBlock, 0) || dialectOf(firstBlock, 0) !== null);
}

/** `sha256:<hex>.tgz` and its like claim a digest; reading the layer checks it. */
function digestOfFileName(file: string): Digest | null {
  const hex = /^sha256[:_-]([0-9a-f]{64})(?:\.|$)/.exec(path.basename(file))?.[1];
  return hex === undefined ? null : digestOfHex(hex);
}
