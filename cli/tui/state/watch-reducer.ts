import type { WatchEvent } from "../../../lib/watch/watch-events.ts";
import { startLive } from "../live/live-state.ts";
import { plannedLive, startOfView, type WatchView } from "../live/watch-view.ts";
import type { State } from "./state.ts";

/** What happens while a context is watched, but for the events of a build. */
export function reduceWatch(state: State, event: Exclude<WatchEvent, { type: "build" }>, nowMs: number): State {
  if (event.type === "watching") {
    const live = { ...startLive(nowMs), ended: true };
    return { ...state, watch: startOfView(event.folder), live, place: "live", pane: "steps" };
  }
  if (event.type === "warning") return { ...state, notice: event.text };
  const { watch, live } = state;
  if (!watch || !live) return state;
  switch (event.type) {
    case "predicted": {
      const predicted = { foresight: event.foresight, effect: event.effect, next: event.next };
      const next: WatchView = { ...watch, predicted, broken: null };
      // What has not changed needs no other steps than those of the build that has just ended.
      if (!live.ended || (!event.needsBuild && watch.last !== null)) return { ...state, watch: next };
      const planned = plannedLive(live, event.foresight, live.progress.driver);
      return { ...state, watch: { ...next, shown: predicted }, live: planned };
    }
    case "broken":
      return { ...state, watch: { ...watch, broken: event.error } };
    case "build-ended": {
      const { status, prediction, changedMeanwhile, error } = event;
      const last = { status, prediction, changedMeanwhile: changedMeanwhile.length };
      // The changes are in the build now; those that came meanwhile are told with the next prediction.
      return { ...state, watch: { ...watch, last, predicted: null, broken: error ?? watch.broken } };
    }
  }
}

/** A build of what is watched begins. */
export function startWatched(state: State, watch: WatchView, nowMs: number): State {
  const { live } = state;
  const selected = live?.selected ?? null;
  const started = { ...startLive(nowMs), selected, stepsTop: live?.stepsTop ?? 0, leaving: live?.leaving ?? "no" };
  const shown = watch.predicted ?? watch.shown;
  // Until its first event the steps are those that were predicted.
  const planned = shown === null ? started : { ...plannedLive(started, shown.foresight, null), ended: false };
  return { ...state, notice: "", watch: { ...watch, shown, last: null }, live: planned };
}
