/** Where in both builds' images a file of the context lies, so that its old and new text can be read from their layers. */

import { contextUse } from "../context/context-use.ts";
import { LabError } from "../error.ts";
import type { Lab, ProgressOptions, StepOf } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { ExplainedSide } from "./follow-stages.ts";

export interface ChangedFile {
  readonly from: StepOf;
  readonly to: StepOf;
  readonly imagePath: string;
}

/** Null where one of the builds has no such file in a layer that was kept, or has it at another place. */
export async function findChangedFile(
  lab: Lab,
  one: ExplainedSide,
  other: ExplainedSide,
  steps: { readonly before: Step; readonly step: Step },
  path: string,
  progress: ProgressOptions,
): Promise<ChangedFile | null> {
  const from = await placeOf(lab, one, steps.before, path, progress);
  const to = await placeOf(lab, other, steps.step, path, progress);
  if (from === null || from !== to) return null;
  return {
    from: { target: one.target, step: steps.before },
    to: { target: other.target, step: steps.step },
    imagePath: from,
  };
}

async function placeOf(
  lab: Lab,
  { view, target }: ExplainedSide,
  step: Step,
  path: string,
  progress: ProgressOptions,
): Promise<string | null> {
  const { listing, dockerfile, config, record } = view.kept;
  if (listing === null || dockerfile === null || target.build === null) return null;
  // Only this file: of a large context every other one would be looked for, too.
  const only = {
    ...listing,
    entries: listing.entries.filter(entry => entry.path === path || isAbove(entry.path, path)),
  };
  try {
    const question = { target: { ...target, build: record }, listing: only, dockerfile, config };
    const { uses } = await contextUse(lab, question, progress);
    const use = uses.find(
      each => each.step.number === step.number && each.entry.path === path && each.state === "same",
    );
    return use?.imagePath ?? null;
  } catch (error) {
    if (error instanceof LabError && error.code !== "cancelled") return null;
    throw error;
  }
}

function isAbove(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`);
}
