import { LabError } from "../error.ts";
import type { BlobLocation } from "../model/layer-index.ts";

/** What is wrong with the bytes of a layer is said with the file that they are in. */
export async function namingFile<Result>(blob: BlobLocation, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const isDamage = error instanceof LabError && /^(?:damaged|digest-mismatch|too-large)$/.test(error.code);
    if (!isDamage || error.message.includes(blob.file)) throw error;
    throw new LabError(error.code, `${blob.file}: ${error.message}`, {
      hint:
        error.hint ??
        "the file was changed or cut off: get it once more (build again, where it is in the cache folder)",
      cause: error.cause,
    });
  }
}
