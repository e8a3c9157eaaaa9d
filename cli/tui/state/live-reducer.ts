import { applyEvents, type LiveState, shownLog, shownStep, startLive } from "../live/live-state.ts";
import { clamp, type Move, moveCursor, moveTop } from "../text/window.ts";
import type { Action } from "./actions.ts";
import { rowsOf } from "./select.ts";
import type { State } from "./state.ts";
import { startWatched } from "./watch-reducer.ts";

type LiveAction = Extract<
  Action,
  { type: "live-started" | "live-events" | "live-tick" | "live-ended" | "follow" | "leave" }
>;

export function reduceLive(state: State, action: LiveAction): State {
  if (action.type === "live-started") {
    // Who watches may be looking at something else meanwhile.
    if (state.watch) return startWatched(state, state.watch, action.nowMs);
    return { ...state, live: startLive(action.nowMs), place: "live", pane: "steps" };
  }
  if (action.type === "leave" && state.batch && !state.batch.ended)
    return { ...state, batch: { ...state.batch, leaving: action.how } };
  const { live } = state;
  if (!live) return state;
  switch (action.type) {
    case "live-events": {
      const next = applyEvents(live, action.events, action.nowMs);
      // What a build warns of concerns its layers, too: it stays in sight when they open.
      return { ...state, live: next, notice: next.progress.warnings.at(-1) ?? state.notice };
    }
    case "live-tick":
      return { ...state, live: { ...live, nowMs: action.nowMs, replay: action.replay ?? live.replay } };
    case "live-ended":
      return ended(state, { ...live, ended: true, error: action.error });
    case "follow":
      return { ...state, live: followOrFreeze(state, live) };
    case "leave":
      return { ...state, live: { ...live, leaving: action.how } };
  }
}

/** Follows the step that runs and the end of its log; where that is done already, the log stays as it is. */
function followOrFreeze(state: State, live: LiveState): LiveState {
  if (!live.follow || live.selected !== null) return { ...live, follow: true, selected: null };
  return { ...live, follow: false, logTop: logTopOf(live, rowsOf(state, "log")) };
}

/** When a build has succeeded its layers open in place; after a failure the failing step stays in sight. */
function ended(state: State, live: LiveState): State {
  const { status, id } = live.progress;
  const next = { ...state, live };
  if (id === "" || live.leaving === "cancelling") return next;
  if (state.watch && state.place !== "live" && state.target) return next;
  const wanted = { word: id, attempt: (state.wanted?.attempt ?? 0) + 1, use: "look" as const };
  return status === "succeeded" && state.place === "live" && !state.watch
    ? { ...next, wanted, place: "layers", pane: "steps" }
    : { ...next, wanted };
}

/** A move in the steps of the live build. */
export function moveLiveStep(state: State, move: Move): State {
  const { live } = state;
  if (!live) return state;
  const total = live.progress.steps.length;
  const { cursor } = moveCursor({ cursor: shownStep(live), top: 0 }, move, total, rowsOf(state, "steps"));
  return { ...state, whyTop: 0, live: { ...live, selected: cursor, follow: true } };
}

/** A move in the log: up stops following, the end follows again. */
export function moveLog(state: State, move: Move): State {
  const { live } = state;
  if (!live) return state;
  const total = live.log.count(shownLog(live));
  const rows = rowsOf(state, "log");
  const bottom = Math.max(0, total - rows);
  const logTop = moveTop(live.follow ? bottom : live.logTop, move, total, rows);
  return { ...state, live: { ...live, logTop, follow: logTop >= bottom } };
}

/** First line of the log that is seen. */
export function logTopOf(live: LiveState, rows: number): number {
  const bottom = Math.max(0, live.log.count(shownLog(live)) - rows);
  return live.follow ? bottom : clamp(live.logTop, 0, bottom);
}
