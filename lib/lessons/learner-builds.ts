import { sep } from "node:path";
import type { BuildRecord } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

/** The builds of a learner's folder, or of a folder in it: those that ended well and the latest one. Oldest first. */
export async function learnerBuilds(cache: CacheFolder, folder: string): Promise<BuildRecord[]> {
  const { builds } = await new BuildStore(cache).list();
  const own = builds.filter(({ spec }) => spec.context === folder || spec.context.startsWith(folder + sep));
  return own.filter((build, at) => at === 0 || build.status === "succeeded").reverse();
}
