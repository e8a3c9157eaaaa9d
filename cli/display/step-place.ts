import type { Target } from "../../lib/model/target.ts";

/** Where in the Dockerfile something comes from, for JSON. */
export interface StepPlace {
  readonly step: number | null;
  /** First line of the instruction; null where no Dockerfile is known. */
  readonly line: number | null;
}

export function stepPlace(target: Target, step: number | null): StepPlace {
  const found = target.steps.find(candidate => candidate.number === step);
  return { step, line: found?.line ?? null };
}
