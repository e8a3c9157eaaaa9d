/** Everything that takes time: it follows the state and tells it what came out. */

import { messageOf } from "../../../lib/error.ts";
import type { TuiOptions } from "../options.ts";
import type { Store } from "../store.ts";
import { diffViewedFile } from "./diff-file.ts";
import { explainBuild } from "./explain-build.ts";
import { extractFiles } from "./extract-files.ts";
import { highlightView } from "./highlight-view.ts";
import type { Stop } from "./latest.ts";
import { listBuilds } from "./list-builds.ts";
import type { LiveHost } from "./live-host.ts";
import { loadCache } from "./load-cache.ts";
import { loadCluster } from "./load-cluster.ts";
import { loadCompare } from "./load-compare.ts";
import { loadFiles } from "./load-files.ts";
import { loadOptions } from "./load-options.ts";
import { loadTreemap } from "./load-treemap.ts";
import { openTargets } from "./open-target.ts";
import { readViewedFile } from "./read-file.ts";
import { runReports } from "./run-report.ts";
import { searchLayers } from "./search-layers.ts";
import { watchCache } from "./watch-cache.ts";

/** @param host what is live, now and from lines of the palette. @returns what ends them all. */
export function startEffects(
  store: Store,
  { lab, builds, cache, commandLine, live, watch, batch, target }: TuiOptions,
  host: LiveHost,
): Stop {
  const stops = [
    openTargets(store, lab),
    loadFiles(store, lab),
    searchLayers(store, lab),
    readViewedFile(store, lab, cache),
    diffViewedFile(store, lab),
    highlightView(store),
    extractFiles(store, lab),
    loadOptions(store, commandLine),
    runReports(store, commandLine, host),
    explainBuild(store, lab, cache),
    loadTreemap(store, lab),
    loadCompare(store, lab, cache),
    loadCache(store, cache),
    loadCluster(store),
  ];
  let stopped = false;
  const isLive = live !== undefined || watch !== undefined || batch !== undefined;
  if (!isLive && target !== null) store.dispatch({ type: "want-target", word: target, use: "look" });
  const sayFailed = (error: unknown) => store.dispatch({ type: "say", text: messageOf(error), kind: "error" });
  listBuilds(store, builds, cache)
    .then(() => {
      if (!isLive && target === null) openLatest(store);
      return watchCache(store, builds, cache);
    })
    .then(stop => (stopped ? stop() : stops.push(stop)))
    .catch(sayFailed);
  if (isLive) void host.follow({ live, watch, batch });
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}

/** The newest build; where there is none, the empty list says how to make one. */
function openLatest(store: Store): void {
  const id = store.getState().builds.list?.[0]?.id;
  store.dispatch(id === undefined ? { type: "go", place: "builds" } : { type: "want-target", word: id, use: "look" });
}
