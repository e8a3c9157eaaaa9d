/** Leaving: at once, or while a build runs after a question and after the build has been cleaned up. */

import { isRunning } from "./live/live-state.ts";
import type { LiveSource } from "./options.ts";
import type { Store } from "./store.ts";

/** @param leave ends the terminal UI. */
export function quit(store: Store, live: Pick<LiveSource, "cancel"> | undefined, leave: () => void): void {
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
