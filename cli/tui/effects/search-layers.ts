import type { Lab, SearchMatch } from "../../../lib/lab/lab.ts";
import { mostHits } from "../state/search-reducer.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** Hits come to the screen at most so often. */
const showEveryMs = 50;
/** The first ones come as soon as they fill a screen, or when it has taken long enough to be noticed. */
const firstHits = 200;
const firstShowMs = 16;

export function searchLayers(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: ({ search, target }) => (search && target ? [search.id] : null),
    async run({ search, target }, signal) {
      if (!search || !target) return;
      const { id } = search;
      let found: SearchMatch[] = [];
      let count = 0;
      let shownAt = performance.now();
      const isDue = () => {
        const waitedMs = performance.now() - shownAt;
        return count > found.length ? waitedMs >= showEveryMs : found.length >= firstHits || waitedMs >= firstShowMs;
      };
      const show = () => {
        if (found.length > 0) store.dispatch({ type: "search-found", id, matches: found });
        found = [];
        shownAt = performance.now();
      };
      try {
        await withProgress(store, signal, async options => {
          for await (const match of lab.search(target, search.query, options)) {
            found.push(match);
            count += 1;
            if (count >= mostHits) break;
            if (isDue()) show();
          }
        });
      } finally {
        if (!signal.aborted) {
          show();
          store.dispatch({ type: "search-ended", id, truncated: count >= mostHits });
        }
      }
    },
  });
}
