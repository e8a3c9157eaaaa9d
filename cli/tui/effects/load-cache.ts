import type { EntryUses } from "../../../lib/kaniko-cache/entry-use.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import type { CacheSheet } from "../sheets/sheet.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";

/** Lists the entries of both caches, and what the records tell of them. */
export function loadCache(store: Store, cache: CacheFolder): Stop {
  return runLatest(store, {
    key: state => {
      const sheet = cacheOf(state);
      return sheet && [sheet.id];
    },
    onError: error => {
      const sheet = cacheOf(store.getState());
      if (sheet) store.dispatch({ type: "sheet-failed", id: sheet.id, error });
    },
    async run(state, signal) {
      const sheet = cacheOf(state);
      if (!sheet) return;
      const { cachePlaces } = await import("../../../lib/kaniko-cache/cache-places.ts");
      const { listPlace, readUses } = await import("../../../lib/kaniko-cache/list-caches.ts");
      const { expiryLabel } = await import("../../display/cache-entries.ts");
      const uses: EntryUses = await readUses(cache);
      const nowMs = Date.now();
      const entries: NonNullable<CacheSheet["data"]>["entries"][number][] = [];
      for (const place of cachePlaces(cache, null, process.cwd())) {
        const { layers, baseImages } = await listPlace(place, { signal });
        for (const entry of [...layers, ...baseImages]) {
          const known = uses.of(entry);
          entries.push({ entry, uses: known, expiry: expiryLabel(entry, known, nowMs) });
        }
      }
      if (!signal.aborted) store.dispatch({ type: "sheet-loaded", id: sheet.id, data: { entries, nowMs } });
    },
  });
}

function cacheOf({ sheet }: State): CacheSheet | null {
  return sheet?.kind === "cache" ? sheet : null;
}
