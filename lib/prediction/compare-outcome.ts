/** A prediction against what the executor really computed. Pure. */

import type { PredictedStep } from "../cache-key/predict-keys.ts";
import type { PlacedInstruction } from "../cache-key/stage-runs.ts";
import type { PredictionOutcome, Step } from "../model/build.ts";

/** Each predicted instruction with the step of the build that it is, or null for one that the build does not have. */
export function matchSteps<S extends Pick<Step, "stage" | "line" | "instruction" | "text">>(
  predicted: readonly PredictedStep[],
  steps: readonly S[],
): (readonly [PredictedStep, S | null])[] {
  const left = new Set(steps.filter(step => step.instruction !== "FROM"));
  return predicted.map(prediction => {
    const found = [...left].find(step => isStepOf(step, prediction.placed)) ?? null;
    if (found !== null) left.delete(found);
    return [prediction, found] as const;
  });
}

function isStepOf(
  step: Pick<Step, "stage" | "line" | "text">,
  { instruction, stage, isTrigger }: PlacedInstruction,
): boolean {
  // Triggers have no line of their own; of several stages built in one they are told for the first.
  if (isTrigger) return step.line === null && step.text === instruction.text;
  return step.stage.index === stage && step.line === instruction.line;
}

/** How right a prediction was: of every key that it called known, and of every answer of the layer cache. */
export function outcomeOf(predicted: readonly PredictedStep[], steps: readonly Step[]): PredictionOutcome {
  const wrong: number[] = [];
  const wrongResults: number[] = [];
  let [keys, known, results] = [0, 0, 0];
  for (const [prediction, step] of matchSteps(predicted, steps)) {
    if (step === null || step.cache.key === null) continue;
    keys += 1;
    if (prediction.key !== null) known += 1;
    if (prediction.key !== null && prediction.key !== step.cache.key) wrong.push(step.number);
    if (prediction.result === "unknown") continue;
    results += 1;
    const result = prediction.result === "expired" ? "miss" : prediction.result;
    if (result !== step.cache.result) wrongResults.push(step.number);
  }
  return {
    keys,
    known,
    exact: known - wrong.length,
    wrong,
    results: { known: results, exact: results - wrongResults.length, wrong: wrongResults },
    unknown: null,
  };
}

export function noOutcome(why: string): PredictionOutcome {
  return { keys: 0, known: 0, exact: 0, wrong: [], results: { known: 0, exact: 0, wrong: [] }, unknown: why };
}
