/** What follows the executor: its layers are kept, given to their steps, completed by the base images of other stages, indexed and counted. */

import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError, messageOf } from "../error.ts";
import type { LogEvent } from "../executor/log-events.ts";
import { openLab } from "../lab/open-lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord, LayerRef, Step } from "../model/build.ts";
import { hexOf } from "../model/digest.ts";
import type { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { BuildSpec } from "./build-spec.ts";
import { type CollectedImage, collectCachedLayer, collectImage, keepLatestConfig } from "./collect.ts";
import { completeSteps, type StageOfBuild } from "./complete-steps.ts";
import { countSteps } from "./count-steps.ts";
import { fetchBases } from "./fetch-bases.ts";
import { fetchCachedLayers } from "./fetch-cached-layers.ts";
import type { BuildPlan } from "./plan-build.ts";
import type { BuildProgress } from "./progress.ts";

export interface FinishRequest {
  readonly cache: CacheFolder;
  readonly store: BuildStore;
  readonly spec: BuildSpec;
  readonly plan: BuildPlan;
  readonly progress: BuildProgress;
  /** The OCI layout that the executor wrote; null when it failed. */
  readonly layout: string | null;
  readonly record: BuildRecord;
  readonly signal: AbortSignal;
}

/**
 * @returns the record with image, layers and steps; its status is for the caller to set.
 * @throws LabError `digest-mismatch`, `blob-missing`, `damaged`, `disk-full`, `cancelled`
 */
export async function* finishRecord(request: FinishRequest): AsyncGenerator<LogEvent, BuildRecord, void> {
  const { cache, spec, plan, progress, record, signal } = request;
  const collected = yield* collect(request);
  const { stages, finalStage } = plan.text === null ? stagesOfProgress(progress) : plan;
  const steps = completeSteps(
    progress.steps,
    stages,
    spec.cache.kind !== "off",
    {
      config: collected?.image.config ?? null,
      imageLayers: collected?.layers ?? [],
      cachedLayers: spec.cache.kind === "folder" ? await cachedLayers(cache, progress) : new Map(),
    },
    finalStage,
  );
  const { steps: based, warnings } = await fetchBases(steps, stages, { cache, spec, signal });
  for (const text of warnings) yield { type: "warning", text };
  const filled =
    spec.cache.kind === "registry"
      ? await fetchCachedLayers(based, spec.cache.repository, { cache, spec, signal })
      : { steps: based, warnings: [] };
  for (const text of filled.warnings) yield { type: "warning", text };
  const complete: BuildRecord = {
    ...record,
    manifest: collected?.image.manifestDigest ?? null,
    config: collected?.image.configDigest ?? null,
    layers: collected?.layers ?? [],
    steps: filled.steps,
  };
  const counted = await count(cache, complete, signal);
  return { ...complete, steps: counted };
}

/** The stages as the executor named them, where the Dockerfile was not ours to read. */
function stagesOfProgress(progress: BuildProgress): { stages: StageOfBuild[]; finalStage: number } {
  const finalStage = progress.stages.at(-1)?.index ?? 0;
  const stages = Array.from({ length: finalStage + 1 }, (_, index): StageOfBuild => {
    const started = progress.stages.find(stage => stage.index === index);
    const isImage = started?.baseStage === null && started.base !== "scratch";
    return { index, baseStage: started?.baseStage ?? null, base: isImage ? started.base : "" };
  });
  return { stages, finalStage };
}

async function* collect(request: FinishRequest): AsyncGenerator<LogEvent, CollectedImage | null, void> {
  const { cache, store, layout, record } = request;
  if (layout === null) return null;
  const events: LogEvent[] = [];
  const collecting = collectImage(cache, layout, async (layer, of) => {
    events.push({ type: "collecting", layer, of });
  });
  const collected = await collecting;
  yield* events;
  const { image } = collected;
  if (image.manifestDigest !== null) {
    const manifest = join(layout, "blobs", "sha256", hexOf(image.manifestDigest));
    await copyFile(manifest, join(cache.buildFolder(record.id), "manifest.json"));
  }
  if (image.config !== null) {
    await store.writeFile(record.id, "config.json", image.config.raw);
    await keepLatestConfig(cache, cache.buildFolder(record.id));
  }
  return collected;
}

async function cachedLayers(cache: CacheFolder, progress: BuildProgress): Promise<Map<string, LayerRef>> {
  const layers = new Map<string, LayerRef>();
  for (const step of progress.steps) {
    if (step.cacheKey === null || (step.state !== "executed" && step.state !== "cached")) continue;
    const layer = await collectCachedLayer(cache, step.cacheKey);
    if (layer) layers.set(step.cacheKey, layer);
  }
  return layers;
}

/** Indexes every layer and counts what each step changed; of layers that are not here nothing is counted. */
async function count(cache: CacheFolder, record: BuildRecord, signal: AbortSignal): Promise<readonly Step[]> {
  try {
    const lab = openLab({ cache });
    return await countSteps(lab, targetOfBuild(cache, record), signal);
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError("damaged", `the layers of this build cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
