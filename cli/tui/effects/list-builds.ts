import { readdir } from "node:fs/promises";
import type { BuildStore } from "../../../lib/store/build-store.ts";
import { type CacheFolder, parseLayerFileName } from "../../../lib/store/cache-folder.ts";
import type { Store } from "../store.ts";

export async function listBuilds(store: Store, builds: BuildStore, cache: CacheFolder): Promise<void> {
  const [{ builds: list, damaged }, names] = await Promise.all([builds.list(), readdir(cache.root).catch(() => [])]);
  const layerFiles = names.filter(name => parseLayerFileName(name) !== null).length;
  store.dispatch({ type: "builds-listed", list, damaged, layerFiles, folder: cache.root });
}
