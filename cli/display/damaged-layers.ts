import type { DamagedLayer } from "../../lib/lab/readable-part.ts";
import type { CliContext } from "../context.ts";
import { reportError } from "./report-error.ts";

/** Says which layers could not be read, after the result that was made of the others. @returns the exit status. */
export function reportDamage(context: CliContext, damaged: readonly DamagedLayer[]): number {
  // With --json stderr holds one document; all of them are in the result.
  const shown = context.output.json ? damaged.slice(0, 1) : damaged;
  for (const { error } of shown) reportError(error, { json: context.output.json, debug: false });
  return damaged[0]?.error.exitStatus ?? 0;
}

export function damagedDocument({ layer, error }: DamagedLayer): object {
  return {
    index: layer.index,
    step: layer.step,
    digest: layer.digest,
    diffId: layer.diffId,
    file: layer.blob?.file ?? null,
    error: { code: error.code, message: error.message },
  };
}
