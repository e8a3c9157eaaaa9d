/** The rows of the STEPS pane: steps, under the name of their stage when there are several. */

import type { StageRef } from "../../../lib/model/build.ts";

export type StepListRow =
  | { readonly kind: "stage"; readonly stage: StageRef; readonly text: string }
  | { readonly kind: "step"; readonly at: number };

interface Listed {
  readonly stage: StageRef;
  readonly text: string;
}

/** Made once for each list of steps, as they are asked for with every key. */
const known = new WeakMap<readonly Listed[], readonly StepListRow[]>();

export function stepListRows(steps: readonly Listed[]): readonly StepListRow[] {
  const found = known.get(steps);
  if (found) return found;
  const stages = new Set(steps.map(step => step.stage.index));
  const rows = steps.flatMap((step, at): StepListRow[] => {
    const begins = stages.size > 1 && steps[at - 1]?.stage.index !== step.stage.index;
    const row: StepListRow = { kind: "step", at };
    return begins ? [{ kind: "stage", stage: step.stage, text: step.text }, row] : [row];
  });
  known.set(steps, rows);
  return rows;
}

/** The row of a step by its place in the list. */
export function rowOfStep(steps: readonly Listed[], at: number): number {
  return Math.max(
    0,
    stepListRows(steps).findIndex(row => row.kind === "step" && row.at === at),
  );
}
