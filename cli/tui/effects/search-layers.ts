import type { Lab, SearchMatch } from "../../../lib/lab/lab.ts";
import { readablePart } from "../../../lib/lab/readable-part.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { mostHits } from "../state/search-reducer.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** While a text is typed only what it has become is looked for. */
const restMs = 30;
/** Hits come to the screen at most so often. */
const showEveryMs = 50;
/** The first ones come as soon as they fill the screen, or when it has taken long enough to be noticed. */
const firstShowMs = 16;

export function searchLayers(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: ({ search, target }) => (search && target ? [search.id] : null),
    restMs,
    async run({ search, target, size }, signal) {
      if (!search || !target) return;
      const { id } = search;
      let found: SearchMatch[] = [];
      let count = 0;
      let shownAt = performance.now();
      const isDue = () => {
        const waitedMs = performance.now() - shownAt;
        return count > found.length ? waitedMs >= showEveryMs : found.length >= size.rows || waitedMs >= firstShowMs;
      };
      const show = () => {
        if (found.length > 0) store.dispatch({ type: "search-found", id, matches: found });
        found = [];
        shownAt = performance.now();
      };
      try {
        await withProgress(store, signal, async options => {
          const { target: readable, damaged } = await readablePart(lab, target, options);
          const [first] = damaged;
          if (first)
            store.dispatch({ type: "say", text: `not searched: ${showText(first.error.message)}`, kind: "error" });
          for await (const match of lab.search(readable, { ...search.query, most: mostHits }, options)) {
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
