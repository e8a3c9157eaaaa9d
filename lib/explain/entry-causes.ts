/** Why a key that the other build has, too, was no hit. Pure. */

import type { Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";
import { cacheReason, isLookedUp } from "./cache-reason.ts";
import { type Cause, cause } from "./cause.ts";

/** Kaniko's own default. */
const defaultTtl = "336h0m0s";

export function entryCause(one: BuildView, other: BuildView, before: Step, after: Step): Cause {
  const reason = cacheReason(other, after);
  if (reason === "expired") return expiredCause(other);
  if (reason === "media-type" || reason === "unreadable") return cause(reason);
  return flagCause(one, other, after) ?? unfinishedCause(before) ?? cause("no-entry");
}

export function expiredCause(view: BuildView): Cause {
  const ttl = view.flag("cache-ttl") ?? defaultTtl;
  return cause("expired", { name: "--cache-ttl", before: null, after: ttl });
}

function flagCause(one: BuildView, other: BuildView, step: Step): Cause | null {
  const [before, after] = [placeOf(one), placeOf(other)];
  if (before === "off") return cause("flags", { name: "--cache", before, after: "on" });
  if (before !== after) return cause("flags", { name: "--cache-repo", before, after });
  if (one.isOn("no-push-cache", false))
    return cause("flags", { name: "--no-push-cache", before: "on", after: onOrOff(other) });
  if (isLookedUp(one, step) || !isLookedUp(other, step)) return null;
  const name =
    step.instruction === "RUN" || step.instruction === "WORKDIR" ? "--cache-run-layers" : "--cache-copy-layers";
  return cause("flags", { name, before: "off", after: "on", notes: ["the other build kept no layer of such steps"] });
}

function onOrOff(view: BuildView): string {
  return view.isOn("no-push-cache", false) ? "on" : "off";
}

function unfinishedCause(before: Step): Cause | null {
  const wasMade = before.status === "executed" || before.status === "cached";
  return wasMade ? null : cause("first-build", { notes: ["the other build did not finish this step"] });
}

/** Where layers are looked up. */
export function placeOf(view: BuildView): string {
  return view.record.spec.cache === "off" ? "off" : (view.flag("cache-repo") ?? view.record.spec.cache);
}
