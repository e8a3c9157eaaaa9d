/**
 * Layers of earlier stages where the layer cache is a registry: the image has none of them, but Kaniko has pushed each
 * under its cache key as the tag.
 */

import { LabError } from "../error.ts";
import type { Step } from "../model/build.ts";
import { type FetchOptions, fetchImageLayers } from "./spec-registry.ts";

/** Fills `layer` of the steps that ran and have none yet; what the registry does not give makes one warning. */
export async function fetchCachedLayers(
  steps: readonly Step[],
  repository: string,
  options: FetchOptions,
): Promise<{ steps: Step[]; warnings: string[] }> {
  const complete: Step[] = [];
  let failed: LabError | null = null;
  for (const step of steps) {
    const ran = step.status === "executed" || step.status === "cached";
    const wanted = ran && step.layer === null && step.cache.key !== null && failed === null;
    const fetched: { layer: Step["layer"]; error: LabError | null } = wanted
      ? await fetchLayer(`${repository}:${step.cache.key}`, options)
      : { layer: null, error: null };
    failed ??= fetched.error;
    complete.push(fetched.layer ? { ...step, layer: fetched.layer } : step);
  }
  const warnings = failed ? [`layers of earlier stages are not shown: ${failed.message}`] : [];
  return { steps: complete, warnings };
}

async function fetchLayer(
  name: string,
  options: FetchOptions,
): Promise<{ layer: Step["layer"]; error: LabError | null }> {
  try {
    return { layer: (await fetchImageLayers(name, options))[0] ?? null, error: null };
  } catch (error) {
    if (!(error instanceof LabError) || error.code === "cancelled" || error.code === "disk-full") throw error;
    // Kaniko does not cache every instruction.
    return { layer: null, error: error.code === "image-not-found" ? null : error };
  }
}
