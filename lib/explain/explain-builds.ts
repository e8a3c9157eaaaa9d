/**
 * Why each step of a build was no hit: what became of it, its first cause, and the sentence that says so. Pure but for
 * what an earlier stage made, which is looked up by a port.
 */

import type { CacheReason, CacheResult, Step } from "../model/build.ts";
import type { BuildView } from "./build-view.ts";
import { cacheReason, missedBefore } from "./cache-reason.ts";
import { type Cause, cause } from "./cause.ts";
import { entryCause, expiredCause } from "./entry-causes.ts";
import { type Finding, findCauses } from "./find-causes.ts";

export interface ExplainedStep {
  readonly step: Step;
  /** What it was in the other build; null for a new step, or without another build. */
  readonly before: Step | null;
  readonly result: CacheResult;
  readonly reason: CacheReason | null;
  /** Null where one of the two keys is not known. */
  readonly isSameKey: boolean | null;
  /** Why it was no hit, what is its own first; empty for a hit, and for a step that is the same and never looked up. */
  readonly causes: readonly Cause[];
  /** What differs by itself, also where it was a hit. */
  readonly own: readonly Cause[];
  /** The first of its causes began with this step: it is no consequence. */
  readonly isFirst: boolean;
}

/** @param one the other, earlier build; null when there is none. */
export function explainBuild(one: BuildView | null, other: BuildView): ExplainedStep[] {
  if (one === null) return other.record.steps.map(step => alone(other, step));
  return findCauses(one, other).map(finding => explained(one, other, finding));
}

function alone(view: BuildView, step: Step): ExplainedStep {
  const reason = cacheReason(view, step);
  const causes =
    step.cache.result === "off" || step.instruction === "FROM" || step.cache.result === "hit" || reason === "kind"
      ? []
      : reason === "expired"
        ? [expiredCause(view)]
        : reason === "after-miss"
          ? [earlier(missedBefore(view, step)?.number ?? null)]
          : reason === "not-reached"
            ? []
            : [cause(reason === "media-type" || reason === "unreadable" ? reason : "first-build")];
  return {
    step,
    before: null,
    result: step.cache.result,
    reason,
    isSameKey: null,
    causes,
    own: [],
    isFirst: causes.length > 0 && causes[0]?.kind !== "earlier-step",
  };
}

function explained(one: BuildView, other: BuildView, finding: Finding): ExplainedStep {
  const { step, before, isSameKey, own } = finding;
  const reason = cacheReason(other, step);
  const found = step.cache.result === "hit" ? [] : causesOf(one, other, finding, reason);
  const causes = found.map((each, at) =>
    at === 0 ? { ...each, notes: [...each.notes, ...hiddenNotes(finding)] } : each,
  );
  const isOfBase = finding.ofBase.length > 0 && own.length === 0;
  const isFirst = causes.length > 0 && causes[0]?.kind !== "earlier-step" && !isOfBase;
  return { step, before, result: step.cache.result, reason, isSameKey, causes, own, isFirst };
}

function hiddenNotes({ hidden }: Finding): string[] {
  if (hidden.length === 0) return [];
  const values = hidden.length === 1 ? "its value is" : "their values are";
  return [`whether ARG ${hidden.join(", ")} changed, too, is not known: ${values} not recorded`];
}

function causesOf(one: BuildView, other: BuildView, finding: Finding, reason: CacheReason | null): Cause[] {
  const { step, before, isSameKey, own, ofBase, roots } = finding;
  if (step.cache.result === "off") return offCauses(one, step);
  if (step.instruction === "FROM") return [...own];
  if (isSameKey === true && before !== null) {
    if (reason === "after-miss") return [earlier(missedBefore(other, step)?.number ?? null)];
    return reason === "kind" ? [] : [entryCause(one, other, before, step)];
  }
  if (reason === "not-reached") return [];
  const late = reason === "expired" ? [expiredCause(other)] : [];
  if (ofBase.length + own.length > 0) return [...ofBase, ...own, ...late];
  if (roots.length > 0) return [earlier(roots[0] as number, roots.length - 1), ...late];
  if (isSameKey === null && before !== null) return [...unknownBefore(one), ...late];
  return late;
}

/** The other build has no key of this step. */
function unknownBefore(one: BuildView): Cause[] {
  return one.record.spec.cache === "off"
    ? [cause("flags", { name: "--cache", before: "off", after: "on" })]
    : [cause("first-build", { notes: ["the other build did not come to this step"] })];
}

function offCauses(one: BuildView, step: Step): Cause[] {
  if (step.instruction === "FROM" || one.record.spec.cache === "off") return [];
  return [cause("flags", { name: "--cache", before: "on", after: "off" })];
}

function earlier(step: number | null, more = 0): Cause {
  return cause("earlier-step", { name: step === null ? null : `step ${step}`, step, more });
}

/** Where a consequence began: the cause of the step that it names, followed to the end. */
export function rootOf(
  steps: readonly ExplainedStep[],
  from: Cause,
): { readonly step: number; readonly cause: Cause } | null {
  const seen = new Set<number>();
  let at = from.step;
  let found: { step: number; cause: Cause } | null = null;
  while (at !== null && !seen.has(at)) {
    seen.add(at);
    const explained = steps.find(({ step }) => step.number === at);
    const first: Cause | undefined = explained?.causes[0] ?? explained?.own[0];
    if (first === undefined) return found;
    found = { step: at, cause: first };
    at = first.kind === "earlier-step" || first.kind === "stage" ? first.step : null;
  }
  return found;
}
