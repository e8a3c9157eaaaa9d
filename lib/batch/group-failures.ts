/** Failures of many builds with one cause, told once. Pure. */

import { refusedAccess } from "../build/failure-message.ts";
import type { BatchOutcome } from "./run-batch.ts";

/** Outcomes that failed alike, in the order of the first of each group. */
export interface FailureGroup {
  /** At least one. */
  readonly outcomes: readonly BatchOutcome[];
  readonly failure: string;
  readonly lastOutput: readonly string[];
}

/**
 * The same words are the same cause; so is a registry that refuses them all, whatever each wanted of it. Who interrupted
 * builds needs no reason for each: cancelled ones are in no group.
 */
export function groupFailures(outcomes: readonly BatchOutcome[]): FailureGroup[] {
  const groups = new Map<string, BatchOutcome[]>();
  for (const outcome of outcomes) {
    const { failure, status, lastOutput } = outcome;
    if (failure === null || status === "cancelled") continue;
    const cause = [refusedAccess(failure) ?? failure, ...lastOutput].join("\n");
    groups.set(cause, [...(groups.get(cause) ?? []), outcome]);
  }
  return [...groups.values()].map(group => {
    const { failure, lastOutput } = group[0] as BatchOutcome & { failure: string };
    const isSaidAlike = group.every(outcome => outcome.failure === failure);
    return { outcomes: group, failure: isSaidAlike ? failure : (refusedAccess(failure) ?? failure), lastOutput };
  });
}
