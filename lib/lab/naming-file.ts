import { LabError } from "../error.ts";
import { isDamage } from "../image/located-layer.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { TargetLayer } from "../model/target.ts";

/**
 * What is wrong with a layer is said with its number, as `layers` has it, and with the step below it, up to which the files
 * are known.
 */
export async function namingLayer<Result>(layer: TargetLayer, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const { index, step } = layer;
    const place = step === null ? "" : ` (step ${step})`;
    const below = step === null || step < 2 ? "" : `; the files before it are still there: --step ${step - 1}`;
    throw new LabError(error.code, `layer ${index}${place}: ${error.message}`, {
      hint: `${error.hint ?? "get it once more"}${below}`,
      cause: error.cause,
    });
  }
}

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
