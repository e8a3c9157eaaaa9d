/** From the progress of a build and the layers it left to the steps of its record. Pure. */

import { missReasonOf } from "../executor/log-rules.ts";
import type { CacheResult, LayerRef, Step, StepStatus } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import { assignLayers, type ChainStep } from "./assign-layers.ts";
import type { StepProgress } from "./progress.ts";

export interface LayersOfBuild {
  /** Null when the build made no image. */
  readonly config: ImageConfig | null;
  readonly imageLayers: readonly LayerRef[];
  /** Layers found in Kaniko's layer cache, by cache key. */
  readonly cachedLayers: ReadonlyMap<string, LayerRef>;
  /** Layers of the image are not byte for byte what the layer cache has (`--reproducible`). */
  readonly rewritten: boolean;
}

/** Of a build that broke off: layers are collected only from a whole image. */
export const noLayers: LayersOfBuild = { config: null, imageLayers: [], cachedLayers: new Map(), rewritten: false };

export interface StageOfBuild {
  readonly index: number;
  /** The earlier stage it starts from, or null. */
  readonly baseStage: number | null;
  /** The base image with all arguments filled in; the same text means the same base. "" for scratch and earlier stages. */
  readonly base: string;
}

export function completeSteps(
  progress: readonly StepProgress[],
  stages: readonly StageOfBuild[],
  cacheOn: boolean,
  layers: LayersOfBuild,
  finalStage: number,
): Step[] {
  const steps = progress.map(step => plainStep(step, stages, cacheOn, layers));
  const { config } = layers;
  return config === null ? steps : withImageLayers(steps, stages, { ...layers, config }, finalStage);
}

function plainStep(step: StepProgress, stages: readonly StageOfBuild[], cacheOn: boolean, layers: LayersOfBuild): Step {
  const isFrom = step.instruction === "FROM";
  const ran = step.state === "executed" || step.state === "cached";
  const cached = ran && step.cacheKey !== null ? layers.cachedLayers.get(step.cacheKey) : undefined;
  return {
    number: step.number,
    stage: step.stage,
    line: step.line,
    endLine: step.endLine,
    instruction: step.instruction,
    text: step.text,
    status: statusOf(step),
    cache: {
      key: step.cacheKey,
      result: cacheResultOf(step, cacheOn),
      reason: step.cacheResult === "miss" ? missReasonOf(step.missReason) : null,
      parts: step.cacheParts,
    },
    layer: cached ?? null,
    baseLayers: [],
    baseStage: isFrom ? (stages[step.stage.index]?.baseStage ?? null) : null,
    startedMs: step.startedMs,
    durationMs: step.startedMs === null || step.finishedMs === null ? null : step.finishedMs - step.startedMs,
    snapshotMs: step.snapshotMs,
    times: step.times ?? undefined,
    added: null,
    modified: null,
    deleted: null,
    bytesAdded: null,
  };
}

function statusOf(step: StepProgress): StepStatus {
  if (step.state === "waiting") return "skipped";
  return step.state === "running" ? "failed" : step.state;
}

function cacheResultOf(step: StepProgress, cacheOn: boolean): CacheResult {
  return cacheOn ? (step.cacheResult ?? "skipped") : "off";
}

function withImageLayers(
  steps: readonly Step[],
  stages: readonly StageOfBuild[],
  layers: LayersOfBuild & { readonly config: ImageConfig },
  finalStage: number,
): Step[] {
  const chain = chainOfStage(stages, finalStage);
  const inChain = (step: Step) => chain.includes(step.stage.index);
  const chainSteps: ChainStep[] = steps
    .filter(step => inChain(step) && step.instruction !== "FROM")
    .map(step => ({
      number: step.number,
      text: step.text,
      hasEvidence: step.status === "cached" || step.snapshotMs !== null,
      // What --reproducible rewrote is not what the cache has.
      cachedDiffId: layers.rewritten ? null : (step.layer?.diffId ?? null),
    }));
  const assigned = assignLayers(chainSteps, layers.config, layers.imageLayers);
  const root = stages[chain[0] as number];
  return steps.map(step => {
    // Of the image's own chain the manifest decides: a layer that only the cache has is not in the image.
    if (inChain(step) && step.instruction !== "FROM")
      return { ...step, layer: assigned.ofStep.get(step.number) ?? null };
    const sameBase =
      root && step.instruction === "FROM" && root.base !== "" && stages[step.stage.index]?.base === root.base;
    return sameBase && step.status !== "skipped" ? { ...step, baseLayers: assigned.base } : step;
  });
}

/** The stages that a stage is built on, oldest first, itself last. */
export function chainOfStage(stages: readonly StageOfBuild[], index: number): number[] {
  const chain = [index];
  let below = stages[index]?.baseStage ?? null;
  while (below !== null) {
    chain.unshift(below);
    below = stages[below]?.baseStage ?? null;
  }
  return chain;
}
