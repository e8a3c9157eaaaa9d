/** What the functions of the front share. */

import type { ProgressOptions } from "../lab/questions.ts";
import { CacheFolder, chooseCacheFolder } from "../store/cache-folder.ts";

export interface LabPlaceOptions extends ProgressOptions {
  /**
   * Folder in which builds, layers and their indexes are kept.
   * @defaultValue the variable `KANIKO_LAB_CACHE`, `cache/` of a lab's folder, else the user's own cache folder
   */
  readonly cacheDir?: string | undefined;
  /** What relative paths start from. @defaultValue the process's working folder */
  readonly workingFolder?: string | undefined;
}

/** The cache folder that the options mean. @throws LabError `cache-not-writable` for a user without a home. */
export async function cacheOf({ cacheDir, workingFolder = process.cwd() }: LabPlaceOptions): Promise<CacheFolder> {
  const environment = process.env.KANIKO_LAB_CACHE;
  return new CacheFolder(await chooseCacheFolder({ explicit: cacheDir, environment, workingFolder }));
}
