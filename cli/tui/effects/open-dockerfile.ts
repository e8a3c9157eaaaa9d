import { access } from "node:fs/promises";
import { join } from "node:path";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import type { ViewedDockerfile } from "../viewer/viewer-state.ts";

/** The Dockerfile as the build had it, which its record keeps; while it has none, where it was built from. */
export async function dockerfilePath(cache: CacheFolder, { build, file }: ViewedDockerfile): Promise<string> {
  const kept = join(cache.buildFolder(build), "Dockerfile");
  return access(kept).then(
    () => kept,
    () => file,
  );
}
