import { LabError } from "../error.ts";
import type { BlobLocation } from "../model/layer-index.ts";

/** What to do about a layer that is missing, cut off or not what it should be. */
export interface DamageOptions {
  /**
   * `keep`: the layer gets its `damage`, and the others can be looked at. `refuse`: the image cannot be opened.
   * @defaultValue `refuse`
   */
  readonly damagedLayers?: "refuse" | "keep" | undefined;
}

/** Where a layer is, or why it cannot be read; both null: it was not asked for. */
export interface LocatedLayer {
  readonly blob: BlobLocation | null;
  readonly damage: LabError | null;
}

/** @throws LabError what `locate` throws, unless it is damage that is to be kept. */
export async function locateLayer(
  locate: () => BlobLocation | Promise<BlobLocation>,
  { damagedLayers }: DamageOptions,
): Promise<LocatedLayer> {
  try {
    return { blob: await locate(), damage: null };
  } catch (error) {
    if (damagedLayers === "keep" && isDamage(error)) return { blob: null, damage: error };
    throw error;
  }
}

const damageStatus = 5;

/** Whether something is wrong with the bytes, rather than with the way to them. */
export function isDamage(error: unknown): error is LabError {
  return error instanceof LabError && error.exitStatus === damageStatus;
}
