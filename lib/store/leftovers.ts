/** What killed processes of this host left under temporary names. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CacheFolder } from "./cache-folder.ts";
import { removeFolder } from "./remove-folder.ts";
import { isAbandonedName } from "./temporary-name.ts";

/** In all folders of the cache folder that take temporary names. Never throws. */
export async function removeLeftovers(cache: CacheFolder): Promise<void> {
  const { root, builds, indexes, seekFiles, scratch, layerCache, baseImages } = cache;
  for (const folder of [root, builds, indexes, seekFiles, scratch, layerCache, baseImages])
    await removeAbandoned(folder);
}

/** In one folder, not below. Never throws: what cannot be removed stays for the next time. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (isAbandonedName(name)) await removeFolder(join(folder, name)).catch(() => undefined);
}
