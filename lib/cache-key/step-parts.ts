/** The parts that a step added to its stage's key, told apart by their place (`populateCompositeKey`). Pure. */

import type { Step } from "../model/build.ts";

export interface StepParts {
  /** First instruction of a stage only: what stands for its base image, or the final key of the stage below; else null. */
  readonly base: string | null;
  /** RUN only: what it sees as variables. */
  readonly variables: ReadonlyMap<string, string>;
  readonly text: string;
  /** Hashes of the files and folders that it takes. */
  readonly sources: readonly string[];
}

/** Null where the log did not tell the parts. */
export function splitParts(step: Pick<Step, "cache">): StepParts | null {
  const { parts } = step.cache;
  if (parts === null || parts.length === 0) return null;
  const rest = [...parts];
  const base = /^(?:(?:sha256:)?[0-9a-f]{64})?$/.test(rest[0] as string) ? (rest.shift() as string) : null;
  const count = /^\|(\d+)$/.exec(rest[0] ?? "");
  const variables = count === null ? [] : rest.splice(0, 1 + Number(count[1])).slice(1);
  const text = rest.shift();
  if (text === undefined) return null;
  return { base, variables: new Map(variables.map(nameAndValue)), text, sources: rest };
}

function nameAndValue(variable: string): [name: string, value: string] {
  const equals = variable.indexOf("=");
  return equals < 0 ? [variable, ""] : [variable.slice(0, equals), variable.slice(equals + 1)];
}
