/** Both caches in a folder of this machine. */

import { lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { parseManifest } from "../image/manifest.ts";
import { layerRefOf } from "../lab/image-steps.ts";
import type { Digest } from "../model/digest.ts";
import { inSlices, type Pausing } from "../pausing.ts";
import { readError } from "../store/store-error.ts";
import type { BaseImageEntry, CacheListing, LayerCacheEntry } from "./cache-entry.ts";
import { layerFacts, newestFirst, noLayerFacts } from "./entry-facts.ts";
import { parseEntryName } from "./entry-names.ts";
import { layoutBytes, readLayoutEntry } from "./read-layout-entry.ts";
import { readSmallFile } from "./read-small-file.ts";

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Entries that were read, and how many there are. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Which entries of a folder: all, or those of the layer cache that Kaniko was given as `oci:FOLDER/PREFIX`. */
export interface FolderPlace {
  readonly folder: string;
  readonly prefix: string | null;
}

/** The warmer's own folder of locks. */
const warmerLocks = ".warmer-locks";

/** A folder that is not there has no entries. @throws LabError `cache-unreadable`, `cancelled` */
export async function listFolder({ folder, prefix }: FolderPlace, options: ListOptions = {}): Promise<CacheListing> {
  const names = await namesIn(folder);
  return inSlices(reading(folder, prefix, names, options), options.signal);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw readError(error, folder);
  }
}

function* reading(
  folder: string,
  prefix: string | null,
  names: readonly string[],
  { onProgress }: ListOptions,
): Pausing<CacheListing> {
  const layers: LayerCacheEntry[] = [];
  const baseImages: BaseImageEntry[] = [];
  const foreign: string[] = [];
  const known = new Set(names);
  for (const [at, name] of names.entries()) {
    const parsed = parseEntryName(name);
    const path = join(folder, name);
    // Somebody else may be at work here, too: what is gone by now was no entry.
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (parsed?.kind === "layer" && found.isDirectory()) {
      if (prefix === null || prefix === parsed.prefix) layers.push(readLayerEntry(path, parsed.key));
    } else if (parsed?.kind === "base-image" && (found.isDirectory() || found.isFile())) {
      if (prefix === null) baseImages.push(readBaseImage(path, parsed.digest));
    } else if (parsed?.kind === "manifest" && found.isFile() && known.has(parsed.digest)) {
      // Belongs to the archive beside it.
    } else if (prefix === null && name !== warmerLocks) {
      foreign.push(name);
    }
    onProgress?.(at + 1, names.length);
    yield;
  }
  return { layers: newestFirst(layers), baseImages: newestFirst(baseImages), foreign };
}

/** One entry of the layer cache; what is wrong with it is said in `damage`. */
export function readLayerEntry(path: string, key: string): LayerCacheEntry {
  const entry = { kind: "layer", key, target: `oci:${path}`, path, sizeBytes: layoutBytes(path) } as const;
  try {
    const { manifest, config } = readLayoutEntry(path);
    const [layer] = manifest.layers;
    return {
      ...entry,
      ...layerFacts(config, layer && layerRefOf({ ...layer, diffId: config.diffIds[0] ?? null, blob: null })),
    };
  } catch (error) {
    return { ...entry, ...noLayerFacts, damage: damageOf(error) };
  }
}

/** One image that a warmer kept. Kaniko counts its age from the time of the folder or file itself. */
export function readBaseImage(path: string, digest: Digest): BaseImageEntry {
  const found = lstatSync(path);
  const createdAt = found.mtime.toISOString();
  const common = { kind: "base-image", digest, path, createdAt } as const;
  if (!found.isDirectory()) {
    const { layers, damage } = archiveManifest(`${path}.json`);
    const target = `docker-archive:${path}`;
    return { ...common, target, format: "archive", sizeBytes: found.size, imageName: null, layers, damage };
  }
  const layout = { ...common, target: `oci:${path}`, format: "layout", sizeBytes: layoutBytes(path) } as const;
  try {
    const { manifest, refName } = readLayoutEntry(path);
    return { ...layout, imageName: refName, layers: manifest.layers.map(layer => layer.digest), damage: null };
  } catch (error) {
    return { ...layout, imageName: null, layers: null, damage: damageOf(error) };
  }
}

/** Kaniko does without it, too: then it reads the manifest out of the archive, where layers have other digests. */
function archiveManifest(file: string): { layers: Digest[] | null; damage: string | null } {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return { layers: null, damage: null };
  try {
    const manifest = parseManifest(readSmallFile(file, "its manifest"), "its manifest");
    return { layers: manifest.kind === "image" ? manifest.layers.map(layer => layer.digest) : null, damage: null };
  } catch (error) {
    return { layers: null, damage: damageOf(error) };
  }
}

/** An entry that cannot be read is told of, and does not keep the others from being listed. */
function damageOf(error: unknown): string {
  if (error instanceof LabError || errnoOf(error) !== undefined) return messageOf(error);
  throw error;
}
