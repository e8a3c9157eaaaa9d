import { applyNews, type BatchView, startBatch } from "../live/batch-view.ts";
import { type LiveState, startLive } from "../live/live-state.ts";
import type { Action } from "./actions.ts";
import { openSheet } from "./sheet-reducer.ts";
import type { State } from "./state.ts";

type BatchAction = Extract<Action, { type: `batch-${string}` }>;

export function reduceBatch(state: State, action: BatchAction): State {
  if (action.type === "batch-started") {
    // Where it is left, the list of builds is what there is.
    return openSheet(
      { ...state, batch: startBatch(action.names, action.nowMs), place: "builds", pane: "builds" },
      "batch",
      null,
    );
  }
  const { batch } = state;
  if (!batch) return state;
  if (action.type === "batch-ended") return { ...state, batch: { ...batch, ended: true } };
  // When all have ended the clock stands still.
  return withShown({ ...state, batch: applyNews(batch, action.news, action.nowMs) });
}

/** The build that is looked at goes on as it is scrolled. */
function withShown(state: State): State {
  const fresh = liveOf(state.batch, state.batch?.shown ?? null);
  if (!fresh || !state.live) return state;
  const { selected, stepsTop, follow, logTop } = state.live;
  return { ...state, live: { ...fresh, selected, stepsTop, follow, logTop } };
}

function liveOf(batch: BatchView | null, name: string | null): LiveState | null {
  return batch?.items.find(item => item.name === name)?.live ?? null;
}

/** Looks at one of the builds: its steps and its log. */
export function showBatchItem(state: State, name: string): State {
  const { batch } = state;
  if (!batch) return state;
  const live = liveOf(batch, name) ?? startLive(batch.nowMs);
  return { ...state, batch: { ...batch, shown: name }, live, place: "live", pane: "steps", why: false };
}
