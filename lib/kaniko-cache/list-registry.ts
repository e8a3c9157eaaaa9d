/** Kaniko's layer cache in a repository of a registry, where each key is a tag. */

import { LabError } from "../error.ts";
import { openRegistryImage } from "../image/registry-image.ts";
import { layerRefOf } from "../lab/image-steps.ts";
import type { ImageConfig } from "../model/image.ts";
import type { RegistryClient } from "../registry/client.ts";
import { endpointsOf } from "../registry/endpoints.ts";
import { type ImageReference, parseReference, type RepositoryAddress } from "../registry/reference.ts";
import type { CacheListing, LayerCacheEntry } from "./cache-entry.ts";
import { layerFacts, newestFirst, noLayerFacts } from "./entry-facts.ts";
import { isCacheKey } from "./entry-names.ts";
import type { ListOptions } from "./list-folder.ts";

/** Each is two questions to the registry. */
const parallelEntries = 8;
/** No layer is fetched, and none is taken for one that is here. */
const nowhere = "";

/**
 * Reads tags, manifests and configs, no layer. What of the entries cannot be read is told in their `damage`; tags that are
 * no keys are `foreign`.
 * @throws LabError as `RegistryClient.tags`; where a registry refuses to list tags with a hint at what works all the same
 */
export async function listRegistry(
  client: RegistryClient,
  repository: string,
  options: ListOptions = {},
): Promise<CacheListing> {
  const reference = parseRepository(repository);
  const tags = await tagsOf(client, reference, options.signal);
  const keys = tags.filter(isCacheKey);
  const layers: LayerCacheEntry[] = [];
  const queue = [...keys];
  const lane = async () => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      try {
        layers.push(await readRegistryEntry(client, reference, key, options.signal));
      } catch (error) {
        // Somebody has deleted it since the tags were listed.
        if (!(error instanceof LabError) || error.code !== "image-not-found") {
          queue.length = 0;
          throw error;
        }
      }
      options.onProgress?.(keys.length - queue.length, keys.length);
    }
  };
  await Promise.all(Array.from({ length: parallelEntries }, lane));
  return { layers: newestFirst(layers), baseImages: [], foreign: tags.filter(tag => !isCacheKey(tag)) };
}

/** @throws LabError `usage` for what is no repository, or names one image of it: all the others are not meant. */
export function parseRepository(text: string): ImageReference {
  const reference = parseReference(text);
  const { registry, repository, tag } = reference;
  if (reference.digest === null && !/:[^/]*$/.test(text)) return reference;
  const isEntry = reference.digest === null && tag !== null && isCacheKey(tag);
  throw new LabError(
    "usage",
    `docker://${text} is one ${isEntry ? "entry" : "image"}: name the repository, without a tag`,
    {
      hint: isEntry
        ? `kaniko-lab cache show docker://${text} tells of that entry`
        : `as in docker://${registry}/${repository}`,
    },
  );
}

async function tagsOf(client: RegistryClient, reference: ImageReference, signal: AbortSignal | undefined) {
  const tags: string[] = [];
  try {
    for await (const tag of client.tags(endpointsOf(reference, {})[0] as RepositoryAddress, { signal })) tags.push(tag);
    return tags;
  } catch (error) {
    // Of a registry that is not there its own words are enough.
    if (!(error instanceof LabError) || error.code === "cancelled" || error.cause !== undefined) throw error;
    const { registry, repository } = reference;
    const entry = `an entry can be looked at by its key all the same: kaniko-lab cache show docker://${registry}/${repository}:KEY`;
    const hint = `${error.hint ?? "check the name"}; ${entry}`;
    const message =
      error.code === "image-not-found"
        ? `${registry} has no repository ${repository}, or lists no tags of it`
        : `the tags of ${registry}/${repository} are not listed, so its entries are not known: ${error.message}`;
    throw new LabError(error.code, message, { hint, cause: error });
  }
}

/** @throws LabError what concerns the registry and not the entry: `registry-unreachable`, `registry-denied`, `cancelled` */
export async function readRegistryEntry(
  client: RegistryClient,
  { registry, repository }: RepositoryAddress,
  key: string,
  signal: AbortSignal | undefined,
): Promise<LayerCacheEntry> {
  const target = `docker://${registry}/${repository}:${key}`;
  const reference = { registry, repository, tag: key, digest: null };
  try {
    const { config, layers } = await openRegistryImage(reference, {
      client,
      layers: "none",
      blobFile: () => nowhere,
      signal,
    });
    const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
    const layer = layers[0] === undefined ? undefined : layerRefOf(layers[0]);
    return { kind: "layer", key, target, path: null, sizeBytes, ...layerFacts(config as ImageConfig, layer) };
  } catch (error) {
    if (!(error instanceof LabError) || !["damaged", "digest-mismatch", "too-large"].includes(error.code)) throw error;
    return { kind: "layer", key, target, path: null, sizeBytes: 0, ...noLayerFacts, damage: error.message };
  }
}
