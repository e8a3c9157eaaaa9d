/** The front of this folder: a build of the cache folder in, advice from it and the builds before it out. */

import { relatedBuilds } from "../compare/related-builds.ts";
import { contextUse } from "../context/context-use.ts";
import { type UnusedPlace, unusedPlaces } from "../context/unused-places.ts";
import { LabError } from "../error.ts";
import { BuildView } from "../explain/build-view.ts";
import { readKeptBuild } from "../explain/kept-build.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { Advice } from "./advice.ts";
import { findAdvice } from "./find-advice.ts";

export interface Advised {
  readonly advice: readonly Advice[];
  /** The builds that were looked at, oldest first. */
  readonly builds: readonly BuildRecord[];
}

/** Older ones tell of another Dockerfile. */
const mostBuilds = 30;

/** @throws LabError `cache-unreadable`, `cancelled`, and what reading layers can throw */
export async function adviseBuild(
  cache: CacheFolder,
  lab: Lab,
  build: BuildRecord,
  progress: ProgressOptions,
): Promise<Advised> {
  const { builds: all } = await new BuildStore(cache).list();
  const related = relatedBuilds(all, build).filter(({ id, status }) => id <= build.id && status !== "running");
  // Another executor's keys are others, whatever the context is like.
  const same = related.filter(({ executor }) => executor.family === build.executor.family);
  const builds = same.filter(({ spec }) => spec.cache !== "off").slice(-mostBuilds);
  const views: BuildView[] = [];
  for (const each of builds) {
    progress.signal?.throwIfAborted();
    views.push(new BuildView(await readKeptBuild(cache, each)));
  }
  const view = views.find(({ record }) => record.id === build.id) ?? new BuildView(await readKeptBuild(cache, build));
  const unused = await unusedAdvice(cache, lab, view, progress);
  return { advice: [...findAdvice(views), ...unused], builds };
}

/** What was sent and never used: bytes alone, as what sending took was not measured. */
async function unusedAdvice(
  cache: CacheFolder,
  lab: Lab,
  { kept: { listing, dockerfile, config, record } }: BuildView,
  progress: ProgressOptions,
): Promise<Advice[]> {
  if (listing === null || dockerfile === null || record.status !== "succeeded") return [];
  const target = { ...targetOfBuild(cache, record), build: record };
  let places: UnusedPlace[];
  try {
    const { unused, uncertain } = await contextUse(lab, { target, listing, dockerfile, config }, progress);
    if (uncertain.length > 0) return [];
    places = unusedPlaces(listing.entries, unused);
  } catch (error) {
    if (error instanceof LabError && error.code !== "cancelled") return [];
    throw error;
  }
  const savedBytes = places.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (savedBytes === 0) return [];
  const names = places.map(({ path, isFolder }) => (isFolder ? `${path}/` : path));
  const advice = `name in ${listing.ignoreFile ?? ".dockerignore"} what no step uses`;
  return [{ kind: "unused-context", step: null, text: "", names, builds: 1, savedMs: 0, savedBytes, advice }];
}
