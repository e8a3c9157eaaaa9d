/** What is known of a context that is watched, as the screen shows it. */

import { applyEvent, noProgress, type StepProgress } from "../../../lib/build/progress.ts";
import type { BuildStatus, DriverName, PredictionOutcome } from "../../../lib/model/build.ts";
import type { ForeseenStep, Foresight } from "../../../lib/prediction/foresee.ts";
import type { ChangeEffect, InvalidatedStep } from "../../../lib/watch/change-effect.ts";
import type { WatchEvent, WatchFailure } from "../../../lib/watch/watch-events.ts";
import type { LiveState } from "./live-state.ts";

export interface WatchView {
  readonly folder: string;
  /** The latest prediction, with what changed since the last build began. */
  readonly predicted: Predicted | null;
  /** The one that belongs to the steps that are shown: that of the build that runs or ran last, or of what comes next. */
  readonly shown: Predicted | null;
  /** Why nothing can be built as it is. */
  readonly broken: WatchFailure | null;
  readonly last: LastBuild | null;
}

export interface Predicted {
  readonly foresight: Foresight;
  readonly effect: ChangeEffect;
  readonly next: Extract<WatchEvent, { type: "predicted" }>["next"];
}

export interface LastBuild {
  readonly status: BuildStatus;
  readonly prediction: PredictionOutcome | null;
  readonly changedMeanwhile: number;
}

export function startOfView(folder: string): WatchView {
  return { folder, predicted: null, shown: null, broken: null, last: null };
}

/** A step of the shown build with what was predicted of it. */
export interface WatchedStep {
  readonly foreseen: ForeseenStep | null;
  readonly invalidated: InvalidatedStep | null;
  /** Whether the build did as was predicted; null while that is not known. */
  readonly isRight: boolean | null;
}

export function watchedStep({ shown }: WatchView, step: StepProgress): WatchedStep {
  const foreseen = shown?.foresight.steps.find(({ number }) => number === step.number) ?? null;
  const invalidated = shown?.effect.invalidated.find(({ number }) => number === step.number) ?? null;
  return { foreseen, invalidated, isRight: foreseen && isRight(foreseen, step) };
}

function isRight({ key, result }: ForeseenStep, { state, cacheKey, cacheResult }: StepProgress): boolean | null {
  if (state === "waiting" || state === "running" || cacheKey === null || cacheResult === null) return null;
  if (key !== null && key !== cacheKey) return false;
  if (result === "unknown" || result === "off") return key === null ? null : true;
  return (result === "expired" ? "miss" : result) === cacheResult;
}

/** The steps as they will be built, in place of those of the last build; its log stays. */
export function plannedLive(live: LiveState, { steps, executor }: Foresight, driver: DriverName | null): LiveState {
  const started = applyEvent(noProgress, { type: "started", atMs: 0, id: "", driver: "sandbox", why: "", steps });
  return { ...live, progress: { ...started, driver, executor }, ended: true, error: "" };
}
