/** A build as it stands after some events: a pure fold, from which every display and the record are made. */

import type { BuildEvent, PlannedStep } from "../executor/events.ts";
import type {
  BuildFailure,
  BuildStatus,
  CacheResult,
  DriverName,
  ExecutorIdentity,
  StepStatus,
  StepTimes,
} from "../model/build.ts";
import type { Digest } from "../model/digest.ts";

export interface StepProgress extends PlannedStep {
  readonly state: "waiting" | "running" | StepStatus;
  readonly startedMs: number | null;
  readonly finishedMs: number | null;
  readonly snapshotStartedMs: number | null;
  readonly snapshotMs: number | null;
  /** Of the executor's trace; null before it came. */
  readonly times: StepTimes | null;
  readonly cacheKey: string | null;
  readonly cacheParts: readonly string[] | null;
  readonly cacheResult: CacheResult | null;
  readonly missReason: string;
}

export interface BuildProgress {
  readonly id: string;
  readonly driver: DriverName | null;
  /** Why this driver was chosen. */
  readonly why: string;
  readonly executor: ExecutorIdentity | null;
  readonly steps: readonly StepProgress[];
  /** Stages that the executor has begun, in its order. */
  readonly stages: readonly StageProgress[];
  /** Number of the step that runs, or null. */
  readonly current: number | null;
  /** What happens outside of steps: pulling, unpacking, collecting. "" when nothing does. */
  readonly activity: string;
  readonly atMs: number;
  readonly status: BuildStatus;
  readonly manifest: Digest | null;
  readonly failure: BuildFailure | null;
  readonly warnings: readonly string[];
}

export interface StageProgress {
  readonly index: number;
  readonly base: string;
  readonly baseStage: number | null;
}

export const noProgress: BuildProgress = {
  id: "",
  driver: null,
  why: "",
  executor: null,
  steps: [],
  stages: [],
  current: null,
  activity: "",
  atMs: 0,
  status: "running",
  manifest: null,
  failure: null,
  warnings: [],
};

export function applyEvent(before: BuildProgress, event: BuildEvent): BuildProgress {
  const progress = { ...before, atMs: event.atMs };
  switch (event.type) {
    case "started":
      return {
        ...noProgress,
        atMs: event.atMs,
        id: event.id,
        driver: event.driver,
        why: event.why,
        steps: event.steps.map(waiting),
      };
    case "executor":
      return { ...progress, executor: event.executor, activity: "" };
    case "preparing":
      return { ...progress, activity: event.what };
    case "pulling":
      return { ...progress, activity: `fetching ${event.reference}` };
    case "stage-started": {
      const { stage: index, base, baseStage } = event;
      return { ...progress, stages: [...progress.stages, { index, base, baseStage }] };
    }
    case "unpacking":
      return { ...progress, activity: "unpacking the base image" };
    case "collecting":
      return { ...progress, activity: `checking layer ${event.layer} of ${event.of}` };
    case "warning":
      return { ...progress, warnings: [...progress.warnings, event.text] };
    case "step-discovered":
      return { ...progress, steps: insertStep(progress.steps, waiting(event.step)) };
    case "step-started":
      return withStep({ ...progress, current: event.step, activity: "" }, event.step, () => ({
        state: "running",
        startedMs: event.atMs,
      }));
    case "snapshot-started":
      return withStep(progress, event.step, () => ({ snapshotStartedMs: event.atMs }));
    case "step-finished":
      return withStep({ ...progress, current: null }, event.step, step => finishStep(step, event.status, event.atMs));
    case "step-measured":
      return withStep(progress, event.step, step => measuredStep(step, event));
    case "cache-key":
      return withStep(progress, event.step, () => ({
        cacheKey: event.key,
        cacheParts: event.parts,
        cacheResult: "skipped",
      }));
    case "cache-hit":
      return withStep(progress, event.step, () => ({ cacheResult: "hit" }));
    case "cache-miss":
      return withStep(progress, event.step, () => ({ cacheResult: "miss", missReason: event.reason }));
    case "finished":
      return {
        ...progress,
        current: null,
        activity: "",
        status: event.status,
        manifest: event.manifest,
        failure: event.failure,
      };
    default:
      return progress;
  }
}

function waiting(step: PlannedStep): StepProgress {
  return {
    ...step,
    state: "waiting",
    startedMs: null,
    finishedMs: null,
    snapshotStartedMs: null,
    snapshotMs: null,
    times: null,
    cacheKey: null,
    cacheParts: null,
    cacheResult: null,
    missReason: "",
  };
}

function finishStep(step: StepProgress, status: StepStatus, atMs: number): Partial<StepProgress> {
  const snapshotMs = step.snapshotStartedMs === null ? null : atMs - step.snapshotStartedMs;
  return { state: status, finishedMs: atMs, snapshotMs };
}

/** The trace is exact where the log's lines only come in its order; what the log told of keys stays. */
function measuredStep(
  step: StepProgress,
  event: Extract<BuildEvent, { type: "step-measured" }>,
): Partial<StepProgress> {
  const { startedMs, durationMs, times, key, line, isHit } = event;
  const isTimed = startedMs !== null && durationMs !== null;
  return {
    ...(isTimed ? { startedMs, finishedMs: startedMs + durationMs } : {}),
    ...(times.snapshotMs === null ? {} : { snapshotMs: Math.round(times.snapshotMs) }),
    ...(isHit === true && step.state === "executed" ? { state: "cached", cacheResult: "hit" } : {}),
    // Of a stage that is all hits, the log does not say that its base was unpacked for others to copy from it.
    ...(times.unpackMs !== null && step.state === "metadata" ? { state: "executed" } : {}),
    cacheKey: step.cacheKey ?? key,
    ...(line === null ? {} : { line, endLine: line }),
    times,
  };
}

function withStep(
  progress: BuildProgress,
  number: number,
  change: (step: StepProgress) => Partial<StepProgress>,
): BuildProgress {
  const steps = progress.steps.map(step => (step.number === number ? { ...step, ...change(step) } : step));
  return { ...progress, steps };
}

/** A trigger of a base image runs right after the FROM of its stage, behind other triggers. */
function insertStep(steps: readonly StepProgress[], added: StepProgress): StepProgress[] {
  const before = steps.findLastIndex(
    step => step.stage.index === added.stage.index && (step.instruction === "FROM" || step.line === null),
  );
  const at = before < 0 ? steps.length : before + 1;
  return [...steps.slice(0, at), added, ...steps.slice(at)];
}
