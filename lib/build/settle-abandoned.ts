/**
 * What a killed process left: builds that say `running` for ever, the executor's half-written output, files with
 * temporary names. The records are completed from the events that were written as they came.
 */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../error.ts";
import type { BuildRecord } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { removeLeftovers } from "../store/leftovers.ts";
import { removeFolder } from "../store/remove-folder.ts";
import { applyEvent, type BuildProgress, noProgress } from "./progress.ts";

/** Never throws: a leftover must not stop a command, and a cache folder may be read-only. */
export async function settleAbandoned(cache: CacheFolder): Promise<void> {
  const store = new BuildStore(cache);
  // Each for itself: a damaged one must not keep the others from being settled. The next command tries again.
  for (const id of await store.abandoned().catch(() => [])) await settle(cache, store, id).catch(() => undefined);
  await removeLeftovers(cache);
}

async function settle(cache: CacheFolder, store: BuildStore, id: string): Promise<void> {
  const folder = cache.buildFolder(id);
  const record = await readRecord(store, id);
  if (record === null) {
    // Killed before anything was known of it.
    await removeFolder(folder);
    return;
  }
  if (record.status === "cancelled" && record.steps.length === 0) {
    const progress = await progressOf(cache, id);
    const { completeSteps, noLayers } = await import("./complete-steps.ts");
    const steps = completeSteps(progress.steps, [], record.spec.cache !== "off", noLayers, 0);
    const executor = progress.executor ?? record.executor;
    await store.write({ ...record, executor, steps, durationMs: progress.atMs, warnings: progress.warnings });
  }
  await removeFolder(join(folder, "out"));
  for (const name of await readdir(folder))
    if (/\.(?:nd)?json\.\d+$/.test(name)) await rm(join(folder, name), { force: true });
  await store.release(id);
}

async function readRecord(store: BuildStore, id: string): Promise<BuildRecord | null> {
  try {
    return await store.read(id);
  } catch (error) {
    if (error instanceof LabError && error.code === "unknown-target") return null;
    throw error;
  }
}

/** As far as the events go: the last line may be cut off. */
async function progressOf(cache: CacheFolder, id: string): Promise<BuildProgress> {
  const { replayBuild } = await import("../recording/replay-build.ts");
  let progress = noProgress;
  try {
    for await (const event of replayBuild(cache, id, { speed: Number.POSITIVE_INFINITY }))
      progress = applyEvent(progress, event);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
  }
  return progress;
}
