/** What follows the executor: its layers are kept, given to their steps, completed by the base images of other stages, indexed and counted. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../error.ts";
import type { LogEvent } from "../executor/log-events.ts";
import { finalStep } from "../lab/chain.ts";
import { openLab } from "../lab/open-lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord, LayerRef } from "../model/build.ts";
import { hexOf } from "../model/digest.ts";
import type { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { BuildSpec } from "./build-spec.ts";
import {
  type CollectedImage,
  collectCachedLayer,
  collectImage,
  keepLatestConfig,
  removeCachedLayer,
} from "./collect.ts";
import { chainOfStage, completeSteps, type StageOfBuild } from "./complete-steps.ts";
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
  const cached = spec.cache.kind === "folder" ? await cachedLayers(request) : noCachedLayers;
  for (const text of cached.warnings) yield { type: "warning", text };
  const steps = completeSteps(
    progress.steps,
    stages,
    spec.cache.kind !== "off",
    {
      config: collected?.image.config ?? null,
      imageLayers: collected?.layers ?? [],
      cachedLayers: cached.layers,
      rewritten: spec.reproducible,
    },
    finalStage,
  );
  const chain = chainOfStage(stages, finalStage);
  for (const step of collected ? steps : []) {
    // Seen with --single-snapshot: hits of the layer cache are unpacked, and then left out of the image.
    const isLost = step.status === "cached" && step.layer === null && chain.includes(step.stage.index);
    if (isLost)
      yield {
        type: "warning",
        text: `Kaniko took step ${step.number} from the layer cache, but its layer is not in the image`,
      };
  }
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
  return yield* count(request, complete);
}

const maxStages = 1000;

/** The stages as the executor named them, where the Dockerfile was not ours to read. */
function stagesOfProgress(progress: BuildProgress): { stages: StageOfBuild[]; finalStage: number } {
  // What a RUN prints can look like a stage: numbers are believed only where they can be true.
  const started = progress.stages.filter(({ index }) => index >= 0 && index < maxStages);
  const finalStage = started.at(-1)?.index ?? 0;
  const stages = Array.from({ length: finalStage + 1 }, (_, index): StageOfBuild => {
    const stage = started.find(other => other.index === index);
    const baseStage = stage && stage.baseStage !== null && stage.baseStage < index ? stage.baseStage : null;
    const isImage = stage !== undefined && baseStage === null && stage.base !== "scratch";
    return { index, baseStage, base: isImage ? stage.base : "" };
  });
  return { stages, finalStage };
}

async function* collect(request: FinishRequest): AsyncGenerator<LogEvent, CollectedImage | null, void> {
  const { cache, store, layout, record, signal } = request;
  if (layout === null) return null;
  const collected = yield* collectImage(cache, layout, signal);
  const { image } = collected;
  if (image.manifestDigest !== null) {
    const manifest = join(layout, "blobs", "sha256", hexOf(image.manifestDigest));
    await store.writeFile(record.id, "manifest.json", await readFile(manifest, "utf8"));
  }
  if (image.config !== null) {
    await store.writeFile(record.id, "config.json", image.config.raw);
    await keepLatestConfig(cache, cache.buildFolder(record.id));
  }
  return collected;
}

const noCachedLayers = { layers: new Map<string, LayerRef>(), warnings: [] as readonly string[] };

/** A RUN can write to the layer cache: an entry that cannot be read is worth a warning, not the build. */
async function cachedLayers({ cache, progress, layout }: FinishRequest): Promise<typeof noCachedLayers> {
  const layers = new Map<string, LayerRef>();
  const warnings: string[] = [];
  for (const step of progress.steps) {
    const isHit = step.cacheResult === "hit";
    if (step.cacheKey === null || !(isHit || step.state === "executed" || step.state === "cached")) continue;
    try {
      const layer = await collectCachedLayer(cache, step.cacheKey, { verify: isHit && layout === null });
      if (layer) layers.set(step.cacheKey, layer);
    } catch (error) {
      const reason = warningOf(error);
      // Kaniko writes entries beside the build: a failing RUN ends it in the middle of one. Its next run writes it anew.
      if (!isHit) continue;
      await removeCachedLayer(cache, step.cacheKey);
      warnings.push(`the layer of step ${step.number} was damaged in the layer cache and is removed: ${reason}`);
    }
  }
  return { layers, warnings };
}

/** Indexes every layer and counts what each step changed; what cannot be read is left uncounted, with a warning. */
async function* count(request: FinishRequest, record: BuildRecord): AsyncGenerator<LogEvent, BuildRecord, void> {
  try {
    const lab = openLab({ cache: request.cache });
    const target = targetOfBuild(request.cache, record);
    const steps = await countSteps(lab, target, request.signal);
    const last = record.layers.length === 0 ? null : finalStep(target.steps);
    if (last === null) return { ...record, steps };
    const { totalBytes } = await lab.snapshotAt(target, last, { signal: request.signal });
    return { ...record, steps, unpackedBytes: totalBytes };
  } catch (error) {
    yield { type: "warning", text: `what the steps changed is not counted: ${warningOf(error)}` };
    return record;
  }
}

/** @throws what must end the build all the same: a cancellation, a full disk, a bug. */
function warningOf(error: unknown): string {
  if (!(error instanceof LabError) || error.code === "cancelled" || error.code === "disk-full") throw error;
  return error.message;
}
