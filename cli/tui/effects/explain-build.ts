import { explainTarget } from "../../../lib/explain/explain-target.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { previousOf } from "../../../lib/store/find-build.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** Compares the open build with the one that was chosen to compare with, else with the one before, once the WHY pane is wanted. */
export function explainBuild(store: Store, lab: Lab, cache: CacheFolder): Stop {
  return runLatest(store, {
    key: state => {
      const build = shownBuild(state);
      return build && state.builds.list !== null ? [build, otherBuild(state, build)?.id ?? null] : null;
    },
    onError: error => {
      const build = shownBuild(store.getState());
      if (build) store.dispatch({ type: "explained", of: build.id, explanation: null, error });
    },
    async run(state, signal) {
      const build = shownBuild(state);
      if (!build) return;
      const other = otherBuild(state, build);
      const explanation = await withProgress(store, signal, options =>
        explainTarget(cache, lab, other, build, options),
      );
      if (!signal.aborted) store.dispatch({ type: "explained", of: build.id, explanation, error: "" });
    },
  });
}

function shownBuild({ why, place, target }: State): BuildRecord | null {
  return why && place === "layers" ? (target?.build ?? null) : null;
}

function otherBuild({ base, builds }: State, build: BuildRecord): BuildRecord | null {
  const chosen = base?.target.build ?? null;
  return chosen !== null && chosen.id !== build.id ? chosen : previousOf(builds.list ?? [], build);
}
