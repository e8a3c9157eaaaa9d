/**
 * The base images of stages that are not part of the final image: neither the image nor Kaniko's layer cache has them,
 * so they are fetched from where the executor got them, with the same mirrors and maps.
 */

import { LabError } from "../error.ts";
import type { LayerRef, Step } from "../model/build.ts";
import type { StageOfBuild } from "./complete-steps.ts";
import { type FetchOptions, fetchImageLayers } from "./spec-registry.ts";

/** Fills `baseLayers` of every FROM that ran; a base that cannot be had gives a warning, as the build itself is fine. */
export async function fetchBases(
  steps: readonly Step[],
  stages: readonly StageOfBuild[],
  options: FetchOptions,
): Promise<{ steps: Step[]; warnings: string[] }> {
  const warnings: string[] = [];
  const fetched = new Map<string, Promise<readonly LayerRef[]>>();
  const layersOf = (base: string) => {
    const known = fetched.get(base) ?? fetchImageLayers(base, options);
    fetched.set(base, known);
    return known;
  };
  const complete: Step[] = [];
  for (const step of steps) {
    const base = stages[step.stage.index]?.base ?? "";
    const needed =
      step.instruction === "FROM" &&
      base !== "" &&
      step.baseLayers.length === 0 &&
      step.status !== "skipped" &&
      step.status !== "failed";
    if (!needed) {
      complete.push(step);
      continue;
    }
    try {
      complete.push({ ...step, baseLayers: await layersOf(base) });
    } catch (error) {
      if (!(error instanceof LabError) || error.code === "cancelled") throw error;
      warnings.push(`the layers of base image ${base} (line ${step.line}) are not shown: ${error.message}`);
      complete.push(step);
    }
  }
  return { steps: complete, warnings: [...new Set(warnings)] };
}
