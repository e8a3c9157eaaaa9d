/** What became of the prediction of a build. */

import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { wrongPredictions } from "../../lib/prediction/wrong-predictions.ts";
import { counted } from "./format.ts";
import type { Output } from "./output.ts";

/** One wrong key makes those of all steps behind it wrong: so many are told in full. */
const mostTold = 3;

/** Nothing where it was right, or where there was none. */
export function warnOfPrediction(output: Output, record: BuildRecord | null): void {
  if (record === null) return;
  const wrong = wrongPredictions(record);
  for (const { sentence } of wrong.slice(0, mostTold))
    output.alert(`${output.style.yellow("warning:")} the prediction was wrong: ${sentence}`);
  const more = wrong.slice(mostTold).map(({ step }) => step);
  if (more.length > 0) output.alert(`  and so was that of ${more.length === 1 ? "step" : "steps"} ${more.join(", ")}`);
}

/** In one line, also that it was right; "" without one. */
export function predictionSummary({ prediction }: Pick<BuildRecord, "prediction">): string {
  if (prediction === undefined) return "";
  if (prediction.unknown !== null) return `nothing was predicted: ${showText(prediction.unknown)}`;
  const { keys, known, exact, results } = prediction;
  const wrong = new Set([...prediction.wrong, ...results.wrong]).size;
  const unknown = keys === known ? "" : `, ${counted(keys - known, "key")} not known before`;
  if (wrong > 0) return `the prediction was wrong for ${counted(wrong, "step")} of ${keys}${unknown}`;
  return `as predicted: ${counted(exact, "key")} and ${counted(results.exact, "answer")} of the layer cache${unknown}`;
}
