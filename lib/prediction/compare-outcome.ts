/** A prediction against what the executor really computed. Pure. */

import type { PredictedStep } from "../cache-key/prediction.ts";
import type { PlacedInstruction } from "../cache-key/stage-runs.ts";
import type { PredictionDifference, PredictionOutcome, Step } from "../model/build.ts";

type ComparedStep = Pick<Step, "stage" | "line" | "instruction" | "text">;

/** Each predicted instruction with the step of the build that it is, or null for one that the build does not have. */
export function matchSteps<S extends ComparedStep>(
  predicted: readonly PredictedStep[],
  steps: readonly S[],
): (readonly [PredictedStep, S | null])[] {
  const left = new Set(steps.filter(step => step.instruction !== "FROM"));
  const found = new Map<PredictedStep, S>();
  for (const isSame of [isStepOf, isTriggerOf]) {
    for (const prediction of predicted) {
      if (found.has(prediction)) continue;
      const step = [...left].find(other => isSame(other, prediction.placed));
      if (step === undefined) continue;
      left.delete(step);
      found.set(prediction, step);
    }
  }
  return predicted.map(prediction => [prediction, found.get(prediction) ?? null]);
}

function isStepOf(step: ComparedStep, placed: PlacedInstruction): boolean {
  if (step.stage.index !== placed.stage) return false;
  return placed.isTrigger ? isTriggerOf(step, placed) : step.line === placed.instruction.line;
}

/** Triggers have no line of their own; of several stages built in one they are told for the first. */
function isTriggerOf(step: ComparedStep, { instruction, isTrigger }: PlacedInstruction): boolean {
  return isTrigger && step.line === null && step.text === instruction.text;
}

/** How right a prediction was: of every key that it called known, and of every answer of the layer cache. */
export function outcomeOf(predicted: readonly PredictedStep[], steps: readonly Step[]): PredictionOutcome {
  const wrong: number[] = [];
  const wrongResults: number[] = [];
  const differences: PredictionDifference[] = [];
  let [keys, known, results] = [0, 0, 0];
  for (const [prediction, step] of matchSteps(predicted, steps)) {
    if (step === null || step.cache.key === null) continue;
    keys += 1;
    if (prediction.key !== null) known += 1;
    const isKeyWrong = prediction.key !== null && prediction.key !== step.cache.key;
    if (isKeyWrong) wrong.push(step.number);
    if (prediction.result !== "unknown") results += 1;
    const isResultWrong = prediction.result !== "unknown" && kaniko(prediction.result) !== step.cache.result;
    if (isResultWrong) wrongResults.push(step.number);
    if (!isKeyWrong && !isResultWrong) continue;
    const { key, result } = step.cache;
    differences.push({
      step: step.number,
      predictedKey: prediction.key,
      key,
      predictedResult: prediction.result,
      result,
    });
  }
  return {
    keys,
    known,
    exact: known - wrong.length,
    wrong,
    results: { known: results, exact: results - wrongResults.length, wrong: wrongResults },
    unknown: null,
    differences,
  };
}

/** For Kaniko an entry that has expired is a miss as any other. */
function kaniko(result: PredictedStep["result"]): string {
  return result === "expired" ? "miss" : result;
}

export function noOutcome(why: string): PredictionOutcome {
  return { keys: 0, known: 0, exact: 0, wrong: [], results: { known: 0, exact: 0, wrong: [] }, unknown: why };
}
