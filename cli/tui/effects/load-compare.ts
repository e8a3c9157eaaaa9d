import { alignTargets, compareTargets } from "../../../lib/compare/compare-targets.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Target } from "../../../lib/model/target.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import type { CompareSheet } from "../sheets/sheet.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** Aligns what is open with the other one at once, then compares the files of each pair. */
export function loadCompare(store: Store, lab: Lab, cache: CacheFolder): Stop {
  return runLatest(store, {
    key: state => {
      const sheet = compareOf(state);
      return sheet?.one && state.target ? [sheet.id, sheet.one] : null;
    },
    onError: error => {
      const sheet = compareOf(store.getState());
      if (sheet) store.dispatch({ type: "sheet-failed", id: sheet.id, error });
    },
    async run(state, signal) {
      const sheet = compareOf(state);
      const { target } = state;
      if (!sheet?.one || !target) return;
      const { id, one: word } = sheet;
      await withProgress(store, signal, async options => {
        const one = await lab.openTarget(word, options);
        const facts = { one: word, other: wordOf(target), oneTarget: one, otherTarget: target };
        const show = (data: NonNullable<CompareSheet["data"]>) => {
          if (!signal.aborted) store.dispatch({ type: "sheet-loaded", id, data });
        };
        show({ ...facts, pairs: alignTargets(one, target), comparison: null });
        const comparison = await compareTargets(cache, lab, one, target, options);
        show({ ...facts, pairs: comparison.pairs, comparison });
      });
    },
  });
}

function compareOf({ sheet }: State): CompareSheet | null {
  return sheet?.kind === "compare" ? sheet : null;
}

function wordOf({ build, name }: Target): string {
  return build?.id ?? name;
}
