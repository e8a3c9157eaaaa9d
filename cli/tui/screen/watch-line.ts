/** One line that tells of what is watched: what changed, what that invalidates, how right the last prediction was. */

import { showText } from "../../../lib/model/path-text.ts";
import { effectSummary } from "../../display/change-effect.ts";
import { counted } from "../../display/format.ts";
import { predictionSummary } from "../../display/prediction-proof.ts";
import { isRunning } from "../live/live-state.ts";
import type { Predicted, WatchView } from "../live/watch-view.ts";
import type { State } from "../state/state.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

/** None or one. */
export function watchRows({ watch, live }: State): Row[] {
  if (!watch) return [];
  if (watch.broken) return [[span(`! ${showText(watch.broken.message)}`, "error")]];
  const { predicted } = watch;
  if (isRunning(live)) return [runningRow(watch)];
  if (predicted !== null && predicted.effect.changes.length > 0) return [changedRow(predicted, "")];
  if (watch.last !== null) return [endedRow(watch)];
  if (predicted === null) return [[span("predicting ..", "dim")]];
  return [[span(predicted.next === "ask" ? "Enter builds; " : "", "accent"), span("waiting for changes", "dim")]];
}

function runningRow({ predicted, shown }: WatchView): Row {
  // What changed while it runs is what the next one is for.
  if (predicted !== null && predicted !== shown && predicted.effect.changes.length > 0)
    return changedRow(predicted, predicted.next === "after-build" ? "; built after this one" : "");
  return shown === null || shown.effect.changes.length === 0 ? [span("building", "dim")] : changedRow(shown, "");
}

function changedRow({ effect, foresight, next }: Predicted, suffix: string): Row {
  const ask = next === "ask" ? [span("Enter builds: ", "accent")] : [];
  const tone: Tone = effect.invalidated.length > 0 ? "modified" : "plain";
  return [...ask, span(`~ ${effectSummary(effect, foresight)}${suffix}`, tone)];
}

function endedRow({ last }: WatchView): Row {
  if (last === null) return [];
  const { prediction, changedMeanwhile } = last;
  const summary = prediction === null ? "" : predictionSummary({ prediction });
  const isWrong = prediction !== null && prediction.wrong.length + prediction.results.wrong.length > 0;
  const torn = changedMeanwhile === 0 ? "" : `; ${counted(changedMeanwhile, "path")} changed while it ran`;
  const text = `${summary === "" ? "waiting for changes" : summary}${torn}`;
  return [span(isWrong ? `! ${text}` : text, isWrong ? "warning" : "dim")];
}
