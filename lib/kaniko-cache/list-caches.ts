/** The entries of Kaniko's caches at the places that a user means, with the builds that know them. */

import type { RegistryClient } from "../registry/client.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { CacheListing } from "./cache-entry.ts";
import type { CachePlace } from "./cache-places.ts";
import { EntryUses } from "./entry-use.ts";
import { type ListOptions, listFolder } from "./list-folder.ts";

export interface ListedPlace extends CacheListing {
  readonly place: CachePlace;
}

/** @throws LabError as `listFolder` and `listRegistry` */
export async function listPlace(place: CachePlace, options: ListOptions = {}): Promise<ListedPlace> {
  if (place.kind === "folder") return { place, ...(await listFolder(place, options)) };
  const { listRegistry } = await import("./list-registry.ts");
  return { place, ...(await listRegistry(await createClient(), place.repository, options)) };
}

export async function createClient(): Promise<RegistryClient> {
  const { RegistryClient } = await import("../registry/client.ts");
  return new RegistryClient();
}

/** What the records of the cache folder tell. @throws LabError `cache-unreadable` */
export async function readUses(cache: CacheFolder): Promise<EntryUses> {
  return new EntryUses((await new BuildStore(cache).list()).builds);
}
