import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../error.ts";
import { parseImageConfig } from "../image/config.ts";
import type { ImageConfig } from "../model/image.ts";
import type { Target } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { readError } from "../store/store-error.ts";

/**
 * The config of a target's image; null where there is none (a failed build, bare layers).
 * @throws LabError `damaged`, `too-large`, `cache-unreadable`
 */
export async function configOf(cache: CacheFolder, target: Target): Promise<ImageConfig | null> {
  if (target.build === null) return target.image?.config ?? null;
  const file = join(cache.buildFolder(target.build.id), "config.json");
  try {
    return parseImageConfig(await readFile(file), file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw readError(error, file);
  }
}
