import { chainIsComplete } from "../lab/chain.ts";
import type { Lab } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { Target } from "../model/target.ts";
import { countChanges } from "../snapshot/count-changes.ts";

/** The steps with what each of them added, modified and deleted; null stays where the layers before it are not all known. */
export async function countSteps(lab: Lab, target: Target, signal: AbortSignal): Promise<Step[]> {
  await lab.indexes(target.layers, { signal });
  const counted: Step[] = [];
  for (const step of target.steps) counted.push({ ...step, ...(await countsOf(lab, target, step, signal)) });
  return counted;
}

type Counts = Pick<Step, "added" | "modified" | "deleted" | "bytesAdded">;

async function countsOf(lab: Lab, target: Target, step: Step, signal: AbortSignal): Promise<Partial<Counts>> {
  if (step.status === "metadata" && step.layer === null) return { added: 0, modified: 0, deleted: 0, bytesAdded: 0 };
  if (step.layer === null || !chainIsComplete(target.steps, step)) return {};
  const { added, modified, deleted, bytesAdded } = countChanges(await lab.changesOf(target, step, { signal }));
  return { added, modified, deleted, bytesAdded };
}
