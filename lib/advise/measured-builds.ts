/** Builds of one context, each explained against the one before, and what a changed step cost. Pure. */

import type { BuildView } from "../explain/build-view.ts";
import type { Cause } from "../explain/cause.ts";
import { type ExplainedStep, explainBuild } from "../explain/explain-builds.ts";
import { fileChanges } from "../explain/file-changes.ts";
import type { Step } from "../model/build.ts";

export interface MeasuredBuild {
  /** The one before. */
  readonly before: BuildView;
  readonly view: BuildView;
  readonly steps: readonly ExplainedStep[];
}

/** @param views oldest first; the first one has nothing to be compared with and is left out. */
export function measureBuilds(views: readonly BuildView[]): MeasuredBuild[] {
  return views.slice(1).map((view, at) => {
    const before = views[at] as BuildView;
    return { before, view, steps: explainBuild(before, view) };
  });
}

export interface Loss {
  /** Steps that ran although nothing of their own was new: without the changed step they would have been hits. */
  readonly steps: readonly Step[];
  readonly lostMs: number;
  readonly lostBytes: number;
}

/**
 * What ran again only because of one step: steps with a key that is another one for no other reason. Of steps in other
 * stages that copy what was made so nothing is counted, so it is at least this.
 */
export function lossBy(build: MeasuredBuild, root: number): Loss {
  const steps = build.steps
    .filter(({ step, causes }) => step.status === "executed" && causes.length === 1 && isOnly(causes[0] as Cause, root))
    .map(({ step }) => step);
  return lossOf(steps);
}

function isOnly({ kind, step, more }: Cause, root: number): boolean {
  return kind === "earlier-step" && step === root && more === 0;
}

export function lossOf(steps: readonly Step[]): Loss {
  return {
    steps,
    lostMs: steps.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0),
    lostBytes: steps.reduce((sum, { layer }) => sum + (layer?.sizeBytes ?? 0), 0),
  };
}

/** The step of the latest build that a step of an earlier one is, by its text. */
export function inLatest(latest: BuildView, step: Step): Step | null {
  const same = (other: Step) => other.text === step.text && other.stage.name === step.stage.name;
  return latest.record.steps.find(same) ?? null;
}

/** Files that a step takes and that are others than in the build before; none where they are not known. */
export function changedPaths(build: MeasuredBuild, step: Step): string[] {
  const before = build.steps.find(each => each.step === step)?.before ?? null;
  const [old, now] = [before === null ? null : build.before.sources(before), build.view.sources(step)];
  return old === null || now === null ? [] : fileChanges(old, now).map(({ path }) => path);
}
