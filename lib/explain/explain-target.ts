/** The front of this folder: two builds of the cache folder in, explanations with their words out. */

import type { Lab, ProgressOptions } from "../lab/lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { BuildView, type KeptBuild } from "./build-view.ts";
import { type ExplainedStep, explainBuild } from "./explain-builds.ts";
import { followKeys, followStages } from "./follow-stages.ts";
import { readKeptBuild } from "./kept-build.ts";

export interface Explanation {
  readonly one: BuildView | null;
  readonly other: BuildView;
  readonly steps: readonly ExplainedStep[];
}

/**
 * Why each step of `other` was no hit, against the earlier build `one`.
 * @throws LabError `cache-unreadable`, and what reading layers can throw
 */
export async function explainTarget(
  cache: CacheFolder,
  lab: Lab,
  one: BuildRecord | null,
  other: BuildRecord,
  progress: ProgressOptions,
): Promise<Explanation> {
  const view = new BuildView(await readKeptBuild(cache, other));
  if (one === null) return { one: null, other: view, steps: explainBuild(null, view) };
  const before = new BuildView(await readKeptBuild(cache, one));
  const sides = [before, view].map(each => ({ view: each, target: targetOfBuild(cache, each.record) }));
  const [old, now] = sides as [(typeof sides)[number], (typeof sides)[number]];
  return { one: before, other: view, steps: await followStages(lab, old, now, explainBuild(before, view), progress) };
}

/** The same against a build that is known only from its log. */
export async function explainAgainstLog(cache: CacheFolder, one: KeptBuild, other: BuildRecord): Promise<Explanation> {
  const [before, view] = [new BuildView(one), new BuildView(await readKeptBuild(cache, other))];
  return { one: before, other: view, steps: followKeys(view, explainBuild(before, view)) };
}
