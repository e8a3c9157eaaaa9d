import { open } from "node:fs/promises";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { maxDocumentBytes, sha256Of } from "./document.ts";

/**
 * A small blob (a manifest, a config) in memory.
 *
 * @throws LabError `too-large`, `damaged` when the file has become shorter
 */
export async function readWholeBlob(blob: BlobLocation, where: string): Promise<Buffer> {
  if (blob.sizeBytes > maxDocumentBytes) {
    throw new LabError(
      "too-large",
      `${where} has ${blob.sizeBytes} bytes, more than the ${maxDocumentBytes} that are read`,
    );
  }
  const bytes = await readFirstBytes(blob, blob.sizeBytes);
  if (bytes.length < blob.sizeBytes) throw new LabError("damaged", `${where} is damaged: it is cut off`);
  return bytes;
}

/** The same, its digest checked. @throws LabError `digest-mismatch` */
export async function readCheckedBlob(blob: BlobLocation, digest: Digest, where: string): Promise<Buffer> {
  const bytes = await readWholeBlob(blob, where);
  const found = sha256Of(bytes);
  if (found === digest) return bytes;
  throw new LabError("digest-mismatch", `${where} is damaged: its digest is ${found}`, {
    hint: "the file was changed or cut off; make or fetch the image again",
  });
}

/** Up to `lengthBytes` from the start of a blob. */
export async function readFirstBytes(blob: BlobLocation, lengthBytes: number): Promise<Buffer> {
  const handle = await open(blob.file);
  try {
    const length = Math.min(lengthBytes, blob.sizeBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, blob.offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
