/** Why a step was no hit, as far as its own build tells. Pure. */

import type { CacheReason, Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";

/** Null for a hit, with the layer cache off, and for FROM, which has no key. */
export function cacheReason(view: BuildView, step: Step): CacheReason | null {
  const { result, reason, key } = step.cache;
  if (result === "hit" || result === "off" || step.instruction === "FROM") return null;
  if (result === "miss") return reason ?? "no-entry";
  if (key === null) return "not-reached";
  return isLookedUp(view, step) && missedBefore(view, step) !== null ? "after-miss" : "kind";
}

/** The step of the same stage whose miss ended the lookups: the nearest one above. */
export function missedBefore(view: BuildView, step: Step): Step | null {
  const { steps } = view.record;
  const above = steps.filter(({ stage, number }) => stage.index === step.stage.index && number < step.number);
  const missed = above.findLast(({ cache }) => cache.result === "miss");
  if (missed !== undefined) return missed;
  // Stages that the fork builds in one have one row of lookups: then the first instruction has no base in its key.
  const base = above.find(({ instruction }) => instruction === "FROM")?.baseStage ?? null;
  const isJoined = base !== null && view.baseKey(step.stage.index) === null;
  const last = isJoined ? steps.findLast(({ stage }) => stage.index === base) : undefined;
  if (last === undefined) return null;
  return last.cache.result === "miss" ? last : missedBefore(view, last);
}

/** Whether the executor asks the layer cache for steps of this kind (`ShouldCacheOutput` of pkg/commands). */
export function isLookedUp(view: BuildView, { instruction }: Pick<Step, "instruction">): boolean {
  const isUpstream = view.record.executor.family === "upstream";
  const runs = view.isOn("cache-run-layers", true);
  const copies = view.isOn("cache-copy-layers", false);
  if (instruction === "RUN") return runs;
  if (instruction === "WORKDIR") return runs && !isUpstream;
  if (instruction === "COPY") return copies;
  return instruction === "ADD" && copies && !isUpstream;
}
