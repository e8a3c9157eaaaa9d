/** Which layers make the file system at a step: pure arithmetic over steps. */

import { LabError } from "../error.ts";
import type { BuildRecord, LayerRef, Step } from "../model/build.ts";

/** One layer with the step that it belongs to (base layers: their FROM). */
export interface ChainLayer {
  readonly step: number;
  readonly layer: LayerRef;
}

/**
 * The layers that are there after `step`, oldest first: those of the base, of the stages below, and of the steps of the
 * own stage up to this one.
 */
export function layersUpTo(steps: readonly Step[], step: Step): ChainLayer[] {
  const ofStage = steps.filter(other => other.stage.index === step.stage.index);
  const from = ofStage.find(other => other.instruction === "FROM");
  const own = ofStage.slice(0, ofStage.indexOf(step) + 1).flatMap(layersOfStep);
  if (!from || from.baseStage === null) return own;
  const lastBelow = steps.findLast(other => other.stage.index === from.baseStage);
  return lastBelow ? [...layersUpTo(steps, lastBelow), ...own] : own;
}

/** The step right before in the same file system: the one above in the stage, or the last of the stage below; null for the first. */
export function stepBefore(steps: readonly Step[], step: Step): Step | null {
  const ofStage = steps.filter(other => other.stage.index === step.stage.index);
  const above = ofStage[ofStage.indexOf(step) - 1];
  if (above) return above;
  if (step.baseStage === null) return null;
  return steps.findLast(other => other.stage.index === step.baseStage) ?? null;
}

export function layersOfStep(step: Step): ChainLayer[] {
  const layers = [...step.baseLayers, ...(step.layer ? [step.layer] : [])];
  return layers.map(layer => ({ step: step.number, layer }));
}

/** @throws LabError `unknown-step` */
export function findStep(steps: readonly Step[], number: number): Step {
  const step = steps.find(candidate => candidate.number === number);
  if (step) return step;
  const last = Math.max(0, ...steps.map(candidate => candidate.number));
  throw new LabError("unknown-step", `there is no step ${number}`, {
    hint: last === 0 ? "this target has no steps" : `steps go from 1 to ${last}; kaniko-lab steps lists them`,
  });
}

/** The last step of a stage, by its name or index. @throws LabError `unknown-stage` */
export function lastStepOfStage(steps: readonly Step[], stage: string): Step {
  const wanted = stage.toLowerCase();
  const found = steps.findLast(step => step.stage.name.toLowerCase() === wanted || String(step.stage.index) === wanted);
  if (found) return found;
  const names = [...new Set(steps.map(step => step.stage.name || String(step.stage.index)))];
  throw new LabError("unknown-stage", `there is no stage ${JSON.stringify(stage)}`, {
    hint: `stages: ${names.join(", ")}`,
  });
}

/** The step that the final image was made by: the last that ran, or simply the last. */
export function finalStep(steps: readonly Step[]): Step | null {
  return steps.findLast(step => step.status !== "skipped") ?? steps.at(-1) ?? null;
}

/** The stages that a build's image is made of: each of their layers is in the image. Empty when there is no image. */
export function stagesOfImage(build: BuildRecord): ReadonlySet<number> {
  const stages = new Set<number>();
  let stage = build.layers.length === 0 ? null : (finalStep(build.steps)?.stage.index ?? null);
  while (stage !== null && !stages.has(stage)) {
    stages.add(stage);
    stage = build.steps.find(step => step.stage.index === stage && step.instruction === "FROM")?.baseStage ?? null;
  }
  return stages;
}

/**
 * Whether every layer before and of this step is known: without its base's layers an added path cannot be told from a
 * modified one. A step of the image without a layer changed nothing; elsewhere its layer may just not have been kept.
 */
export function chainIsComplete(steps: readonly Step[], step: Step, ofImage: ReadonlySet<number>): boolean {
  for (let at: Step | null = step; at !== null; at = stepBefore(steps, at)) {
    if (at.instruction === "FROM" && at.baseStage === null) return at.baseLayers.length > 0 || isScratch(at);
    if (at.status !== "executed" || at.layer !== null || at.instruction === "FROM") continue;
    if (!ofImage.has(at.stage.index)) return false;
  }
  return true;
}

function isScratch(from: Step): boolean {
  return /^FROM\s+(?:--\S+\s+)*scratch(?:\s|$)/i.test(from.text);
}

/** It ran, and its layer is neither in the image nor in a layer cache: upstream keeps none of WORKDIR in an earlier stage. */
export function layerIsUnknown(step: Step): boolean {
  const mayHaveOne = step.status === "executed" && step.layer === null && step.instruction !== "FROM";
  return mayHaveOne && step.added === null;
}

/** Steps up to this one, in the same file system, whose layers are not known: what they did is missing in it. */
export function unknownLayersUpTo(steps: readonly Step[], step: Step): Step[] {
  const unknown: Step[] = [];
  for (let at: Step | null = step; at !== null; at = stepBefore(steps, at)) if (layerIsUnknown(at)) unknown.unshift(at);
  return unknown;
}
