/**
 * Removes what a plan names. A running build can have looked up any entry and not yet read it, so nothing is removed while
 * one runs. Builds say that they run before they look anything up: what is taken out of sight between two looks at them
 * was not in use, and is put back when one has started in between.
 */

import { lstat, mkdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf, LabError } from "../../error.ts";
import { BuildStore } from "../../store/build-store.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { removeFolder } from "../../store/remove-folder.ts";
import { storeError } from "../../store/store-error.ts";
import { temporaryName } from "../../store/temporary-name.ts";
import type { ListOptions } from "../list-folder.ts";
import type { PruneItem } from "./plan-prune.ts";

/** @returns what was there to be removed; links are never followed. @throws LabError `cache-not-writable` when a build runs, `cancelled` */
export async function removeItems(
  cache: CacheFolder,
  items: readonly PruneItem[],
  { signal, onProgress }: ListOptions = {},
): Promise<PruneItem[]> {
  const removed: PruneItem[] = [];
  // Few at a time: what is out of sight while a build starts, that build misses.
  for (let from = 0; from < items.length; from += itemsAtOnce) {
    if (signal?.aborted) throw new LabError("cancelled", `interrupted after ${removed.length} of ${items.length}`);
    removed.push(...(await removeSome(cache, items.slice(from, from + itemsAtOnce))));
    onProgress?.(Math.min(from + itemsAtOnce, items.length), items.length);
  }
  return removed;
}

const itemsAtOnce = 200;

async function removeSome(cache: CacheFolder, items: readonly PruneItem[]): Promise<PruneItem[]> {
  await refuseWhileRunning(cache);
  const moved: Moved[] = [];
  const trashes = new Map<string, string>();
  try {
    for (const item of items) {
      const found = await moveAway(item, trashes);
      if (found) moved.push(found);
    }
    await refuseWhileRunning(cache);
  } catch (error) {
    for (const { item, away } of moved) await putBack(item.path, away);
    for (const trash of trashes.values()) await removeFolder(trash);
    throw storeError(error, cache.root);
  }
  for (const trash of trashes.values()) await removeFolder(trash);
  return moved.map(({ item }) => item);
}

/** Ids of the builds of a cache folder that run now. */
export async function runningBuilds(cache: CacheFolder): Promise<string[]> {
  const store = new BuildStore(cache);
  const running: string[] = [];
  for (const id of await store.ids()) if (await store.isOwned(id)) running.push(id);
  return running;
}

async function refuseWhileRunning(cache: CacheFolder): Promise<void> {
  const [id] = await runningBuilds(cache);
  if (id === undefined) return;
  throw new LabError("cache-not-writable", `build ${id} is running and may use what is to be removed`, {
    hint: "prune again when it has ended",
  });
}

interface Moved {
  readonly item: PruneItem;
  readonly away: string;
}

/** In the same folder, so that it is one rename, and under a name that the next command cleans up. */
async function moveAway(item: PruneItem, trashes: Map<string, string>): Promise<Moved | null> {
  const folder = dirname(item.path);
  let trash = trashes.get(folder);
  if (trash === undefined) {
    trash = join(folder, temporaryName());
    await mkdir(trash);
    trashes.set(folder, trash);
  }
  const away = join(trash, basename(item.path));
  try {
    await rename(item.path, away);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  // The manifest of an archive of upstream's warmer.
  if (item.kind === "base-image") await rename(`${item.path}.json`, `${away}.json`).catch(ignoreMissing);
  return { item, away };
}

async function putBack(path: string, away: string): Promise<void> {
  // What was made anew meanwhile is the better one.
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await rename(away, path);
  await rename(`${away}.json`, `${path}.json`).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== "ENOENT") throw error;
}
