/** What Kaniko's layer cache has under a key, in a folder or in a registry. Reads dates and digests only. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CacheEntry } from "../cache-key/prediction.ts";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { parseImageConfig } from "../image/config.ts";
import { openOciLayout } from "../image/oci-layout.ts";
import { resolvePlatform } from "../image/registry-image.ts";
import type { Digest } from "../model/digest.ts";
import type { RegistryClient } from "../registry/client.ts";
import { parseReference } from "../registry/reference.ts";

export type LayerCacheEntries = (key: string) => Promise<CacheEntry>;

export interface EntryLife {
  /** How long an entry lives from its creation. */
  readonly ttlMs: number;
  /** When the build starts. */
  readonly nowMs: number;
}

/** Entries that are there at the time of the call: a build that runs meanwhile adds more. */
export async function folderEntries(folder: string, life: EntryLife): Promise<LayerCacheEntries> {
  const names = new Set(await namesIn(folder));
  return async key => {
    const name = `layers:${key}`;
    if (!names.has(name)) return { state: "miss" };
    try {
      const image = await openOciLayout(join(folder, name));
      return entryOf(image.config?.created ?? null, image.layers[0]?.digest ?? null, life);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { state: "unknown", why: `its entry of the layer cache cannot be read: ${error.message}` };
    }
  };
}

export function registryEntries(
  client: RegistryClient,
  repository: string,
  life: EntryLife,
  signal: AbortSignal,
): LayerCacheEntries {
  return async key => {
    try {
      const reference = parseReference(`${repository}:${key}`);
      const { remote, manifest } = await resolvePlatform(reference, { client, signal });
      const bytes = await client.blobBytes(remote.endpoint, manifest.config, { signal });
      const { created } = parseImageConfig(bytes, `the config of ${key}`);
      return entryOf(created, manifest.layers[0]?.digest ?? null, life);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
      if (error.code === "image-not-found") return { state: "miss" };
      return { state: "unknown", why: `the layer cache cannot be asked: ${messageOf(error)}` };
    }
  };
}

/** Mirrors `verifyImage`; without a time an entry counts as made in year 1. */
function entryOf(created: string | null, layer: Digest | null, { ttlMs, nowMs }: EntryLife): CacheEntry {
  const isExpired = created === null || Date.parse(created) + ttlMs < nowMs;
  return isExpired ? { state: "expired" } : { state: "hit", layer };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
