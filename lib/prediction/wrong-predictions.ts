/** Where a build did something else than was predicted, in words. Names from records are escaped for the screen. Pure. */

import type { BuildRecord, ExecutorIdentity, PredictionDifference } from "../model/build.ts";
import { showText } from "../model/path-text.ts";

export interface WrongPrediction {
  readonly step: number;
  readonly sentence: string;
}

/** In the order of the steps. Why a key was wrong is not guessed. */
export function wrongPredictions({ prediction, executor }: BuildRecord): WrongPrediction[] {
  if (prediction === undefined) return [];
  const told = new Map(prediction.differences?.map(difference => [difference.step, difference]));
  const numbers = new Set([...prediction.wrong, ...prediction.results.wrong]);
  return [...numbers]
    .sort((a, b) => a - b)
    .map(step => {
      const difference = told.get(step);
      const isKey = prediction.wrong.includes(step);
      return { step, sentence: difference ? sentenceOf(difference, isKey, executor) : untold(step, isKey) };
    });
}

function sentenceOf(difference: PredictionDifference, isKey: boolean, executor: ExecutorIdentity): string {
  const { step, predictedKey, key, predictedResult, result } = difference;
  const [predicted, was] = [predictedResult, result].map(word => (word === "skipped" ? "not looked up" : word));
  if (!isKey) {
    return `step ${step}: predicted ${predicted}, was ${was} under its key ${short(key)}: the layer cache changed meanwhile, or is asked in a way that is not known here`;
  }
  return `step ${step}: predicted ${predicted} under ${short(predictedKey)}, was ${was} under ${short(key)}: how ${nameOf(executor)} makes this key is not known here, unless its files changed while it was built`;
}

function untold(step: number, isKey: boolean): string {
  const what = isKey ? "another key" : "another answer of the layer cache";
  return `step ${step}: ${what} was predicted than it had; which one, this record does not tell`;
}

function short(key: string | null): string {
  return key === null ? "no key" : showText(key.slice(0, 12));
}

function nameOf({ family, version }: ExecutorIdentity): string {
  const name = family === "upstream" ? "archived Kaniko" : family === "fork" ? "the maintained fork" : "this executor";
  return version === "" ? name : `${showText(version)} of ${name}`;
}
