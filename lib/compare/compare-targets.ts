/** Two builds or images, step by step. */

import { chainIsComplete, finalStep, layerIsUnknown, stagesOfImage } from "../lab/chain.ts";
import { configOf } from "../lab/config-of.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { Change, ChangeCounts } from "../model/snapshot.ts";
import type { Target } from "../model/target.ts";
import { countChanges } from "../snapshot/count-changes.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { alignSteps, type StepPair } from "./align-steps.ts";
import { type ConfigChange, compareConfigs } from "./config-facts.ts";
import { compareStepFiles, haveSameLayers, isTimeOnly } from "./step-files.ts";

/**
 * What became of a step: `same` the same instruction with the same layer · `times` the same, its layer made again with
 * nothing but other times · `files` the same instruction, other files · `edited` another text · `added`, `removed` only
 * one side has it · `unknown` the same instruction, but what it left is not known on both sides.
 */
export type PairStatus = "same" | "times" | "files" | "edited" | "added" | "removed" | "unknown";

export interface ComparedPair extends StepPair {
  readonly status: PairStatus;
  /** What the step left otherwise; null where a layer is not known, or one side has no such step. */
  readonly files: ComparedFiles | null;
}

export interface ComparedFiles extends ChangeCounts {
  /** Paths that differ in nothing but times; counted nowhere else. */
  readonly timeOnly: number;
}

export interface ComparedSide {
  readonly target: Target;
  /** Of the image's layers as they are stored; null when there is no image. */
  readonly sizeBytes: number | null;
  /** Of all files of the image; null when there is no image. */
  readonly unpackedBytes: number | null;
}

export interface Comparison {
  readonly one: ComparedSide;
  readonly other: ComparedSide;
  readonly pairs: readonly ComparedPair[];
  readonly config: readonly ConfigChange[];
  /** From the file system of the one image to that of the other; null when there are not two images. */
  readonly files: ComparedFiles | null;
  /** Instructions, files (not only their times) or the config differ. Times and cache results of a build do not count. */
  readonly differs: boolean;
}

export async function compareTargets(
  cache: CacheFolder,
  lab: Lab,
  one: Target,
  other: Target,
  progress: ProgressOptions,
): Promise<Comparison> {
  const pairs: ComparedPair[] = [];
  for (const pair of alignTargets(one, other)) pairs.push(await comparedPair(lab, one, other, pair, progress));
  const config = await compareConfigOf(cache, one, other);
  const files = await imageFiles(lab, one, other, progress);
  const inFiles = files !== null && files.added + files.modified + files.deleted > 0;
  return {
    one: await sideOf(lab, one, progress),
    other: await sideOf(lab, other, progress),
    pairs,
    config,
    files,
    differs: inFiles || config.length > 0 || pairs.some(({ status }) => !alike.has(status)),
  };
}

const alike: ReadonlySet<PairStatus> = new Set(["same", "times", "unknown"]);

export async function compareConfigOf(cache: CacheFolder, one: Target, other: Target): Promise<ConfigChange[]> {
  return compareConfigs(await configOf(cache, one), await configOf(cache, other));
}

/** The steps of both as pairs. Beside an image's history, of a build only the stages count that its image is made of. */
export function alignTargets(one: Target, other: Target): StepPair[] {
  const both = one.build !== null && other.build !== null;
  const stepsOf = (target: Target) => (both ? target.steps : stepsOfImage(target));
  return alignSteps(stepsOf(one), stepsOf(other), { ignoreStages: !both });
}

function stepsOfImage(target: Target): readonly Step[] {
  if (target.build === null) return target.steps;
  const stages = stagesOfImage(target.build);
  return target.steps.filter(step => stages.has(step.stage.index));
}

async function comparedPair(
  lab: Lab,
  one: Target,
  other: Target,
  pair: StepPair,
  progress: ProgressOptions,
): Promise<ComparedPair> {
  if (pair.one === null) return { ...pair, status: "added", files: null };
  if (pair.other === null) return { ...pair, status: "removed", files: null };
  const sides = [
    { target: one, step: pair.one },
    { target: other, step: pair.other },
  ] as const;
  const edited = pair.one.text !== pair.other.text;
  const sameLayers = haveSameLayers(...sides) && !sides.some(({ step }) => isUnknown(step));
  if (!sameLayers && sides.some(({ target, step }) => !canBeRead(target, step))) {
    const bothUnused = sides.every(({ step }) => step.status === "skipped");
    return { ...pair, status: edited ? "edited" : bothUnused ? "same" : "unknown", files: null };
  }
  const { changes, timeOnly } = await compareStepFiles(lab, ...sides, progress);
  const files = { ...countChanges(changes), timeOnly };
  const unlike = changes.length > 0 ? "files" : sameLayers ? "same" : "times";
  return { ...pair, status: edited ? "edited" : unlike, files };
}

/** It has no layer, and that says nothing about what it did or would have done. */
function isUnknown(step: Step): boolean {
  return layerIsUnknown(step) || step.status === "failed" || step.status === "skipped";
}

/** Nothing can be said of what a step left when its layer, or one that it stands on, was not kept. */
function canBeRead(target: Target, step: Step): boolean {
  if (target.build === null) return true;
  return !isUnknown(step) && chainIsComplete(target.steps, step, stagesOfImage(target.build));
}

function hasImage(target: Target): boolean {
  return target.build === null ? target.layers.length > 0 : target.build.layers.length > 0;
}

async function imageFiles(
  lab: Lab,
  one: Target,
  other: Target,
  progress: ProgressOptions,
): Promise<ComparedFiles | null> {
  const [from, to] = [finalStep(one.steps), finalStep(other.steps)];
  if (from === null || to === null || !hasImage(one) || !hasImage(other)) return null;
  let timeOnly = 0;
  const counted: Change[] = [];
  for (const change of await lab.diff({ target: one, step: from }, { target: other, step: to }, progress)) {
    if (isTimeOnly(change)) timeOnly += 1;
    else counted.push(change);
  }
  return { ...countChanges(counted), timeOnly };
}

async function sideOf(lab: Lab, target: Target, progress: ProgressOptions): Promise<ComparedSide> {
  const last = finalStep(target.steps);
  if (last === null || !hasImage(target)) return { target, sizeBytes: null, unpackedBytes: null };
  const layers = target.build?.layers ?? target.image?.layers ?? [];
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  return { target, sizeBytes, unpackedBytes: (await lab.snapshotAt(target, last, progress)).totalBytes };
}
