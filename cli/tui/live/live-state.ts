/** A build that runs, as the screen knows it: a fold over its events. */

import { applyEvent, type BuildProgress, noProgress, type StepProgress } from "../../../lib/build/progress.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import type { PlayerPosition } from "../../../lib/recording/replay-player.ts";
import { LogRing, noStep } from "./log-ring.ts";

export interface LiveState {
  readonly progress: BuildProgress;
  /** Grows in place; `logVersion` tells that it did. */
  readonly log: LogRing;
  readonly logVersion: number;
  /** The stream of events has ended: everything is cleaned up. */
  readonly ended: boolean;
  /** What broke the stream, or "". */
  readonly error: string;
  /** Selected step, by its place in the list; null: the one that runs. */
  readonly selected: number | null;
  readonly stepsTop: number;
  /** The end of the log is shown, also when it grows. */
  readonly follow: boolean;
  readonly logTop: number;
  /** Wall clock, in milliseconds, when the last event came; and now, as of the last tick. */
  readonly eventAtMs: number;
  readonly nowMs: number;
  readonly leaving: "no" | "asked" | "cancelling";
  /** Where a recording is played: where it stands; else null. */
  readonly replay: ReplayPlace | null;
}

export interface ReplayPlace extends PlayerPosition {
  /** Of the whole build; null where it is not known. */
  readonly durationMs: number | null;
}

export function startLive(nowMs: number): LiveState {
  return {
    progress: noProgress,
    log: new LogRing(),
    logVersion: 0,
    ended: false,
    error: "",
    selected: null,
    stepsTop: 0,
    follow: true,
    logTop: 0,
    eventAtMs: nowMs,
    nowMs,
    leaving: "no",
    replay: null,
  };
}

export function applyEvents(live: LiveState, events: readonly BuildEvent[], nowMs: number): LiveState {
  let { progress, log } = live;
  let lines = 0;
  for (const event of events) {
    // A replay that goes back begins anew.
    if (event.type === "started" && progress.id !== "") log = new LogRing();
    progress = applyEvent(progress, event);
    const line = logLineOf(event);
    if (line === null) continue;
    log.push(stepOf(event) ?? progress.current ?? lastStarted(progress), line);
    lines += 1;
  }
  return {
    ...live,
    progress,
    log,
    logVersion: live.logVersion + lines + (log === live.log ? 0 : 1),
    eventAtMs: nowMs,
    nowMs,
  };
}

function stepOf(event: BuildEvent): number | null {
  return "step" in event && typeof event.step === "number" ? event.step : null;
}

/** What an event adds to the log, or null. */
function logLineOf(event: BuildEvent): string | null {
  switch (event.type) {
    case "output":
      return event.text;
    case "log":
      return event.level === "debug" || event.level === "trace" ? null : event.text;
    case "warning":
      return `warning: ${event.text}`;
    case "pulling":
      return `fetching ${event.reference}`;
    case "cache-miss":
      return event.reason === "" ? null : `cache miss: ${event.reason}`;
    default:
      return null;
  }
}

/** Lines between two steps belong to the one before. */
function lastStarted(progress: BuildProgress): number {
  return progress.steps.findLast(step => step.startedMs !== null)?.number ?? noStep;
}

/** The place in the list of the step that is looked at: the selected one, else the running, failed or last started one. */
export function shownStep(live: LiveState): number {
  const { steps, current, failure } = live.progress;
  if (live.selected !== null) return Math.min(live.selected, Math.max(0, steps.length - 1));
  const number = current ?? failure?.step ?? lastStarted(live.progress);
  return Math.max(
    0,
    steps.findIndex(step => step.number === number),
  );
}

/** Number of the step whose log is shown; lines that came before any step are shown with the first. */
export function shownLog(live: LiveState): number {
  const step = live.progress.steps[shownStep(live)];
  if (step === undefined) return noStep;
  const nothingYet = live.log.count(step.number) === 0 && live.selected === null;
  return nothingYet ? lastStarted(live.progress) : step.number;
}

/** Milliseconds since the build began: the events' own clock, which goes on between events while the build runs. */
export function clockMs(live: LiveState): number {
  if (live.replay !== null && !live.ended) return Math.max(live.progress.atMs, live.replay.atMs);
  const idleMs = live.ended || live.progress.status !== "running" ? 0 : live.nowMs - live.eventAtMs;
  return live.progress.atMs + Math.max(0, idleMs);
}

/** How long a step took, or has been running; null when it did not start. */
export function stepTimeMs(step: StepProgress, clock: number): number | null {
  if (step.startedMs === null) return null;
  return Math.max(0, (step.finishedMs ?? clock) - step.startedMs);
}

export function isRunning(live: LiveState | null): live is LiveState {
  return live !== null && !live.ended;
}
