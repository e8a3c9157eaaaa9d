/**
 * The base images of stages that are not part of the final image: neither the image nor Kaniko's layer cache has them,
 * so they are fetched from where the executor got them, with the same mirrors and maps.
 */

import { LabError } from "../error.ts";
import { parsePlatform } from "../image/platform.ts";
import { openRegistryImage } from "../image/registry-image.ts";
import { layerRefOf } from "../lab/image-steps.ts";
import { compressionOfMediaType } from "../lab/open-target.ts";
import type { LayerRef, Step } from "../model/build.ts";
import { RegistryClient } from "../registry/client.ts";
import { dockerConfigCredentials } from "../registry/docker-config.ts";
import { parseRegistryMap } from "../registry/endpoints.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { BuildSpec } from "./build-spec.ts";
import type { StageOfBuild } from "./complete-steps.ts";

export interface FetchBasesOptions {
  readonly cache: CacheFolder;
  readonly spec: BuildSpec;
  readonly signal: AbortSignal;
}

/** Fills `baseLayers` of every FROM that ran; a base that cannot be had gives a warning, as the build itself is fine. */
export async function fetchBases(
  steps: readonly Step[],
  stages: readonly StageOfBuild[],
  options: FetchBasesOptions,
): Promise<{ steps: Step[]; warnings: string[] }> {
  const warnings: string[] = [];
  const fetched = new Map<string, Promise<readonly LayerRef[]>>();
  const layersOf = (base: string) => {
    const known = fetched.get(base) ?? fetchLayers(base, options);
    fetched.set(base, known);
    return known;
  };
  const complete: Step[] = [];
  for (const step of steps) {
    const base = stages[step.stage.index]?.base ?? "";
    const needed =
      step.instruction === "FROM" && base !== "" && step.baseLayers.length === 0 && step.status !== "skipped";
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

async function fetchLayers(base: string, { cache, spec, signal }: FetchBasesOptions): Promise<readonly LayerRef[]> {
  const client = new RegistryClient({
    credentials: dockerConfigCredentials({ file: spec.dockerConfigFile }),
    insecureRegistries: spec.insecureRegistries,
    registryMirrors: spec.registryMirrors,
    registryMap: parseRegistryMap(spec.registryMaps.join(";")),
  });
  const image = await openRegistryImage(base, {
    client,
    blobFile: (digest, mediaType) =>
      cache.findLayer(digest) ?? cache.layerFile(digest, compressionOfMediaType(mediaType)),
    ...(spec.platform === null ? {} : { platform: parsePlatform(spec.platform) }),
    signal,
  });
  return image.layers.map(layerRefOf);
}
