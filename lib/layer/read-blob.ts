import { type FileHandle, open } from "node:fs/promises";
import { errnoOf, LabError } from "../error.ts";
import type { BlobLocation } from "../model/layer-index.ts";

const chunkBytes = 1 << 20;

/**
 * The stored bytes of a blob in chunks; each chunk is a buffer of its own. Closes the file when it is read or left.
 * @throws LabError `blob-missing`, `damaged` when the file is shorter than the blob, `cancelled`.
 */
export async function* readBlob(blob: BlobLocation, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const handle = await openBlob(blob);
  try {
    let done = 0;
    while (done < blob.sizeBytes) {
      throwIfCancelled(signal);
      const wanted = Math.min(chunkBytes, blob.sizeBytes - done);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, blob.offset + done);
      if (bytesRead === 0) throw cutOff(blob, done);
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function openBlob(blob: BlobLocation): Promise<FileHandle> {
  try {
    return await open(blob.file, "r");
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new LabError("blob-missing", `cannot open the layer's file ${blob.file}`, {
      hint: "it may have been deleted; build or fetch the layer again",
      cause: error,
    });
  }
}

function cutOff(blob: BlobLocation, done: number): LabError {
  return new LabError("damaged", `${blob.file} ends after ${done} of ${blob.sizeBytes} bytes of the layer`, {
    hint: "the file was cut off; build or fetch the layer again",
  });
}

/** @throws LabError `cancelled`. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

export function cancelled(signal: AbortSignal): LabError {
  return new LabError("cancelled", "cancelled", { cause: signal.reason });
}
