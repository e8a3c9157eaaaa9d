import { chainIsComplete, stagesOfImage } from "../lab/chain.ts";
import type { Lab } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { Target } from "../model/target.ts";
import { inSlices } from "../pausing.ts";
import { countingChanges } from "../snapshot/count-changes.ts";

/** The steps with what each of them added, modified and deleted; null stays where the layers before it are not all known. */
export async function countSteps(lab: Lab, target: Target, signal: AbortSignal): Promise<Step[]> {
  await lab.indexes(target.layers, { signal });
  const counted: Step[] = [];
  const ofImage = target.build ? stagesOfImage(target.build) : new Set<number>();
  for (const step of target.steps) {
    if (isCountable(step, target.steps, ofImage))
      counted.push({ ...step, ...(await countsOf(lab, target, step, signal)) });
    else counted.push(step);
  }
  return counted;
}

type Counts = Pick<Step, "added" | "modified" | "deleted" | "bytesAdded">;

function isCountable(step: Step, steps: readonly Step[], ofImage: ReadonlySet<number>): boolean {
  if (step.status === "metadata" && step.layer === null && step.instruction !== "FROM") return true;
  const isKnown = step.layer !== null || (step.instruction !== "FROM" && ofImage.has(step.stage.index));
  return isKnown && step.status !== "skipped" && chainIsComplete(steps, step, ofImage);
}

async function countsOf(lab: Lab, target: Target, step: Step, signal: AbortSignal): Promise<Counts> {
  if (step.layer === null) return { added: 0, modified: 0, deleted: 0, bytesAdded: 0 };
  const changes = await lab.changesOf(target, step, { signal });
  const { added, modified, deleted, bytesAdded } = await inSlices(countingChanges(changes), signal);
  return { added, modified, deleted, bytesAdded };
}
