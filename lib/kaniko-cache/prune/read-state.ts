/** What lies in a cache folder, as far as it can be removed. */

import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, LabError } from "../../error.ts";
import { type Digest, isDigest } from "../../model/digest.ts";
import { BuildStore } from "../../store/build-store.ts";
import { type CacheFolder, parseLayerFileName } from "../../store/cache-folder.ts";
import { readError } from "../../store/store-error.ts";
import { type ListOptions, listFolder } from "../list-folder.ts";
import type { BuildFolder, LayerFile, PruneState } from "./plan-prune.ts";

/** @throws LabError `cache-unreadable`, `damaged` when a record cannot be read: what it names is then not known */
export async function readPruneState(cache: CacheFolder, options: ListOptions = {}): Promise<PruneState> {
  const builds = await readBuildFolders(cache);
  const listings = [];
  for (const folder of [cache.layerCache, cache.baseImages])
    listings.push(await listFolder({ folder, prefix: null }, options));
  return {
    builds,
    entries: listings.flatMap(({ layers, baseImages }) => [...layers, ...baseImages]),
    files: [
      ...(await filesIn(cache.root, "layer", parseLayerFileName)),
      ...(await filesIn(cache.indexes, "index", digestOfHexName)),
      ...(await filesIn(cache.indexes, "listing", name =>
        name.startsWith("listing-") ? digestOfHexName(name.slice("listing-".length)) : null,
      )),
      ...(await filesIn(cache.indexes, "folder", name => digestOfHexName(/^folder-([^-]*)-/.exec(name)?.[1] ?? ""))),
      ...(await filesIn(cache.seekFiles, "seek", digestOfHexName)),
    ],
    nowMs: Date.now(),
  };
}

/** @throws LabError `cache-unreadable`, `damaged` */
export async function readBuildFolders(cache: CacheFolder): Promise<BuildFolder[]> {
  const { builds, damaged } = await new BuildStore(cache).list();
  if (damaged.length > 0) {
    throw new LabError("damaged", `nothing is removed while a record cannot be read: ${damaged[0]}`, {
      hint: "remove the folder of that build, then prune again",
    });
  }
  return Promise.all(builds.map(record => buildFolder(cache, record)));
}

async function buildFolder(cache: CacheFolder, record: BuildFolder["record"]): Promise<BuildFolder> {
  const path = cache.buildFolder(record.id);
  let sizeBytes = 0;
  for (const name of await namesIn(path)) sizeBytes += (await regularFile(join(path, name)))?.size ?? 0;
  return { record, path, sizeBytes };
}

async function filesIn(
  folder: string,
  kind: LayerFile["kind"],
  digestOf: (name: string) => Digest | null,
): Promise<LayerFile[]> {
  const files: LayerFile[] = [];
  for (const name of await namesIn(folder)) {
    const digest = digestOf(name);
    const path = join(folder, name);
    const found = digest === null ? null : await regularFile(path);
    if (digest !== null && found !== null)
      files.push({ kind, path, digest, sizeBytes: found.size, modifiedMs: found.mtimeMs });
  }
  return files;
}

function digestOfHexName(name: string): Digest | null {
  const digest = `sha256:${name}`;
  return isDigest(digest) ? digest : null;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw readError(error, folder);
  }
}

/** Null for links and folders, and for what is gone by now. */
async function regularFile(path: string) {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() ? found : null;
}
