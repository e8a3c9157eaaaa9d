import type { BuildRecord, LayerRef } from "../../../lib/model/build.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { type LayerFiles, storeLayer } from "../../support/tui-cache.ts";
import { record, step } from "../build/sample-steps.ts";
import { temporaryFolder } from "../layer/temporary.ts";

export async function emptyCache(): Promise<CacheFolder> {
  const cache = new CacheFolder(await temporaryFolder());
  await cache.create();
  return cache;
}

/** Keeps a build with one step for each layer, the first of them the base. @param day of January */
export async function storeBuild(
  cache: CacheFolder,
  day: number,
  layers: readonly LayerFiles[],
  more: Partial<BuildRecord> = {},
): Promise<BuildRecord> {
  const store = new BuildStore(cache);
  const startedAt = new Date(Date.UTC(2026, 0, day));
  const id = await store.create(startedAt);
  const stored: LayerRef[] = [];
  for (const files of layers) stored.push(await storeLayer(cache, files));
  const steps = stored.map((layer, at) =>
    at === 0 ? step(1, "FROM a", { baseLayers: [layer] }) : step(at + 1, `RUN ${at}`, { layer }),
  );
  const build = record(id, { steps, layers: stored, startedAt: startedAt.toISOString(), ...more });
  await store.write(build);
  await store.release(id);
  return build;
}
