/** Leaving: at once, or while a build runs after a question and after the build has been cleaned up. */

import { isRunning } from "./live/live-state.ts";
import type { LiveSource } from "./options.ts";
import type { Store } from "./store.ts";

/** @param leave ends the terminal UI. */
export function quit(store: Store, live: Pick<LiveSource, "cancel"> | undefined, leave: () => void): void {
  const { batch } = store.getState();
  if (batch && !batch.ended) {
    quitBatch(store, batch.leaving, live, leave);
    return;
  }
  const state = store.getState().live;
  if (!live || !isRunning(state)) {
    leave();
  } else if (state.leaving === "no") {
    store.dispatch({ type: "leave", how: "asked" });
  } else if (state.leaving === "asked") {
    store.dispatch({ type: "leave", how: "cancelling" });
    live.cancel();
  } else {
    // Asked a third time: the screen goes, the caller still waits for the build to be cleaned up.
    leave();
  }
}

function quitBatch(
  store: Store,
  leaving: "no" | "asked" | "cancelling",
  batch: Pick<LiveSource, "cancel"> | undefined,
  leave: () => void,
): void {
  if (leaving === "cancelling" || !batch) leave();
  else if (leaving === "no") store.dispatch({ type: "leave", how: "asked" });
  else {
    store.dispatch({ type: "leave", how: "cancelling" });
    batch.cancel();
  }
}
