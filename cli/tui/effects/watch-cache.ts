/** Builds and layers that other programs make appear by themselves. */

import { join } from "node:path";
import { messageOf } from "../../../lib/error.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import type { BuildStore } from "../../../lib/store/build-store.ts";
import { type CacheFolder, parseLayerFileName } from "../../../lib/store/cache-folder.ts";
import type { Store } from "../store.ts";
import type { Stop } from "./latest.ts";
import { listBuilds } from "./list-builds.ts";

/** Changes come in bursts: one reading for each. */
const restMs = 150;

/** Makes the folder when it is missing: what is not there cannot be watched. @returns when changes are noticed. */
export async function watchCache(store: Store, builds: BuildStore, cache: CacheFolder): Promise<Stop> {
  await cache.create();
  const { watch } = await import("chokidar");
  let timer: NodeJS.Timeout | undefined;
  let layersChanged = false;
  const update = async () => {
    const withLayers = layersChanged;
    layersChanged = false;
    const before = store.getState().builds.list;
    await listBuilds(store, builds, cache);
    reopenTarget(store, before, cache, withLayers);
  };
  const watcher = watch(cache.root, {
    depth: 2,
    ignoreInitial: true,
    // Of the many files here only records and finished layers matter.
    ignored: path => !isWatched(cache, path),
  });
  watcher.on("all", (_, path) => {
    layersChanged ||= parseLayerFileName(path.slice(cache.root.length + 1)) !== null;
    clearTimeout(timer);
    timer = setTimeout(() => {
      update().catch(error => store.dispatch({ type: "say", text: messageOf(error), kind: "error" }));
    }, restMs);
  });
  watcher.on("error", error => store.dispatch({ type: "say", text: messageOf(error), kind: "error" }));
  await new Promise<void>(resolve => watcher.once("ready", () => resolve()));
  return () => {
    clearTimeout(timer);
    void watcher.close();
  };
}

function isWatched(cache: CacheFolder, path: string): boolean {
  if (path === cache.root || path === cache.builds) return true;
  const inBuilds = path.startsWith(join(cache.builds, "/")) ? path.slice(cache.builds.length + 1).split(/[\\/]/) : null;
  if (inBuilds) return inBuilds.length === 1 || inBuilds[1] === "build.json";
  return parseLayerFileName(path.slice(cache.root.length + 1)) !== null;
}

/** What is open is opened again when its record has changed, or when it is the folder of layers and there are more. */
function reopenTarget(store: Store, before: readonly BuildRecord[] | null, cache: CacheFolder, layers: boolean): void {
  const { target, builds, live } = store.getState();
  const id = target?.build?.id;
  const old = before?.find(build => build.id === id);
  const now = builds.list?.find(build => build.id === id);
  const changed = old && now && (old.status !== now.status || old.steps.length !== now.steps.length);
  if (id !== undefined && (changed || (layers && now?.status === "running"))) {
    store.dispatch({ type: "want-target", word: id, use: "look" });
  } else if (target?.name === cache.root && layers) {
    store.dispatch({ type: "want-target", word: cache.root, use: "look" });
  } else if (before !== null && (live === null || live.ended)) {
    sayNew(store, before);
  }
}

function sayNew(store: Store, before: readonly BuildRecord[]): void {
  const known = new Set(before.map(build => build.id));
  const added = store.getState().builds.list?.filter(build => !known.has(build.id)) ?? [];
  const newest = added[0];
  if (!newest || store.getState().place === "builds") return;
  store.dispatch({ type: "say", text: `a new build: ${newest.id} (b lists them)`, kind: "info" });
}
