import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../error.ts";
import { parseImageConfig } from "../image/config.ts";
import type { ImageConfig } from "../model/image.ts";
import type { Target } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

/** The config of a target's image; null for a build that made none and for bare layers. @throws LabError `damaged`. */
export async function configOf(cache: CacheFolder, target: Target): Promise<ImageConfig | null> {
  if (target.build === null) return target.image?.config ?? null;
  const file = join(cache.buildFolder(target.build.id), "config.json");
  try {
    return parseImageConfig(await readFile(file), file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
