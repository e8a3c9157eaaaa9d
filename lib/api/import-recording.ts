import { resolve } from "node:path";
import { importBuilds } from "../recording/import-builds.ts";
import { cacheOf, type LabPlaceOptions } from "./options.ts";

/**
 * Takes the builds of a recording (a file that `kaniko-lab export` wrote) into the cache folder: tests can look at a real
 * build where none can run. Of a thin recording only the listings of base layers are there, not their files.
 *
 * @returns the ids of the builds, for `openImage`; the newest is last.
 * @throws LabError `not-found`, `damaged`, `unsafe`, `too-large`, `disk-full`, `cancelled`.
 */
export async function importRecording(file: string, options: LabPlaceOptions = {}): Promise<string[]> {
  const { workingFolder = process.cwd(), signal } = options;
  const cache = await cacheOf(options);
  await cache.create();
  return importBuilds(cache, resolve(workingFolder, file), { signal });
}
