/**
 * Entries of a layer cache in a registry, planned by the rules of the folder's and deleted by the digest of their manifest.
 * A digest takes all of its tags with it, so what shares one with a tag that stays, stays too. What other machines do with
 * the repository is not known here: an entry that was pushed anew since the list was made is left alone.
 */

import { LabError } from "../../error.ts";
import type { Digest } from "../../model/digest.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { endpointsOf } from "../../registry/endpoints.ts";
import type { RepositoryAddress } from "../../registry/reference.ts";
import type { ListOptions } from "../list-folder.ts";
import { listRegistry, parseRepository } from "../list-registry.ts";
import { type BuildFolder, type PruneItem, type PruneRules, planPrune } from "./plan-prune.ts";

export interface RegistryItem extends PruneItem {
  readonly digest: Digest;
}

export interface RegistryPlan {
  readonly endpoint: RepositoryAddress;
  readonly items: readonly RegistryItem[];
  /** Entries that would go, but for another tag of the same manifest. */
  readonly kept: readonly { readonly item: PruneItem; readonly why: string }[];
}

/** @throws LabError as `listRegistry` */
export async function planRegistryPrune(
  client: RegistryClient,
  repository: string,
  builds: readonly BuildFolder[],
  rules: PruneRules,
  options: ListOptions = {},
): Promise<RegistryPlan> {
  const endpoint = endpointsOf(parseRepository(repository), {})[0] as RepositoryAddress;
  const { layers, foreign } = await listRegistry(client, repository, options);
  const { items } = planPrune({ builds, entries: layers, files: [], nowMs: Date.now() }, rules);
  if (items.length === 0) return { endpoint, items: [], kept: [] };
  const digests = await digestsOf(client, endpoint, [...layers.map(({ key }) => key), ...foreign], options);
  const going = new Set(items.map(({ name }) => name));
  const stays = new Map([...digests].flatMap(([tag, digest]) => (going.has(tag) ? [] : [[digest, tag] as const])));
  const planned = items.flatMap(item => {
    const digest = digests.get(item.name);
    return digest === undefined ? [] : [{ ...item, digest }];
  });
  return {
    endpoint,
    items: planned.filter(({ digest }) => !stays.has(digest)),
    kept: planned
      .filter(({ digest }) => stays.has(digest))
      .map(item => ({ item, why: `the tag ${stays.get(item.digest)} names the same manifest` })),
  };
}

const parallelQuestions = 8;

/** By tag; of tags that are gone meanwhile there is none. */
async function digestsOf(
  client: RegistryClient,
  endpoint: RepositoryAddress,
  tags: readonly string[],
  { signal }: ListOptions,
): Promise<Map<string, Digest>> {
  const found = new Map<string, Digest>();
  const queue = [...tags];
  const lane = async () => {
    for (let tag = queue.shift(); tag !== undefined; tag = queue.shift()) {
      const digest = await digestOf(client, endpoint, tag, signal);
      if (digest !== null) found.set(tag, digest);
    }
  };
  await Promise.all(Array.from({ length: parallelQuestions }, lane));
  return found;
}

async function digestOf(
  client: RegistryClient,
  endpoint: RepositoryAddress,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<Digest | null> {
  try {
    return (await client.manifestAt(endpoint, tag, { signal })).digest;
  } catch (error) {
    if (error instanceof LabError && error.code === "image-not-found") return null;
    throw error;
  }
}

/**
 * @returns what was there to be removed.
 * @throws LabError `registry-denied` where nothing may be deleted; `registry-unreachable`, `cancelled` with how far it came
 */
export async function removeFromRegistry(
  client: RegistryClient,
  { endpoint, items }: RegistryPlan,
  { signal, onProgress }: ListOptions = {},
): Promise<RegistryItem[]> {
  const removed: RegistryItem[] = [];
  const deleted = new Set<Digest>();
  try {
    for (const [at, item] of items.entries()) {
      onProgress?.(at, items.length);
      if (!deleted.has(item.digest)) {
        if ((await digestOf(client, endpoint, item.name, signal)) !== item.digest) continue;
        if (!(await client.deleteManifest(endpoint, item.digest, { signal }))) continue;
        deleted.add(item.digest);
      }
      removed.push(item);
    }
    return removed;
  } catch (error) {
    if (!(error instanceof LabError) || removed.length === 0) throw error;
    const message = `${error.message}; ${removed.length} of ${items.length} entries were removed before`;
    throw new LabError(error.code, message, { hint: error.hint, cause: error.cause });
  }
}
