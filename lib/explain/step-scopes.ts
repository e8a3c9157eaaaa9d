/** What each step of a build was in its Dockerfile, and which variables it saw. Pure. */

import { triggerOf } from "../context/context-readers.ts";
import { StageVariables } from "../context/stage-variables.ts";
import type { Instruction } from "../dockerfile/dockerfile.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { type ResolvedDockerfile, resolveStages } from "../dockerfile/resolve.ts";
import { LabError } from "../error.ts";
import type { BuildRecord } from "../model/build.ts";

export interface StepScope {
  readonly instruction: Instruction;
  /** Before it, as far as the Dockerfile tells them; those of the base image are missing. */
  readonly variables: Variables;
  /** ARGs that its stages declare before it. */
  readonly declared: ReadonlySet<string>;
  /** ENVs that its stages set before it, with the value as it is written. */
  readonly set: ReadonlyMap<string, string>;
}

export interface BuildScopes {
  readonly resolved: ResolvedDockerfile;
  readonly ofStep: ReadonlyMap<number, StepScope>;
}

interface StageEnd {
  readonly variables: StageVariables;
  readonly declared: ReadonlySet<string>;
  readonly set: ReadonlyMap<string, string>;
}

/** Null for a Dockerfile that this version cannot read. */
export function scopesOf(dockerfile: string, build: BuildRecord): BuildScopes | null {
  try {
    return readScopes(dockerfile, build);
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}

function readScopes(dockerfile: string, build: BuildRecord): BuildScopes {
  const { buildArgs, target } = build.spec;
  const resolved = resolveStages(parseDockerfile(dockerfile), { buildArgs, target });
  const sources = {
    buildArgs: new Map(Object.entries(buildArgs)),
    globalArgs: resolved.variables,
    argsFirst: build.executor.family !== "upstream",
  };
  const ends = new Map<number, StageEnd>();
  const ofStep = new Map<number, StepScope>();
  for (const { stage, base } of resolved.stages) {
    const below = base.kind === "stage" ? ends.get(base.index) : undefined;
    const variables = new StageVariables(below?.variables.end ?? { env: new Map(), workdir: "" }, sources);
    let declared: ReadonlySet<string> = below?.declared ?? new Set();
    let set: ReadonlyMap<string, string> = below?.set ?? new Map();
    const byLine = new Map(stage.instructions.map(instruction => [instruction.line, instruction]));
    for (const step of build.steps.filter(step => step.stage.index === stage.index && step.instruction !== "FROM")) {
      const instruction = (step.line === null ? undefined : byLine.get(step.line)) ?? triggerOf(step);
      if (instruction === null) continue;
      ofStep.set(step.number, { instruction, variables: variables.variables, declared, set });
      variables.apply(instruction);
      const { keyword, pairs } = instruction;
      if (keyword === "ARG") declared = new Set([...declared, ...pairs.map(({ name }) => name)]);
      if (keyword === "ENV") set = new Map([...set, ...pairs.map(({ name, value }) => [name, value ?? ""] as const)]);
    }
    ends.set(stage.index, { variables, declared, set });
  }
  return { resolved, ofStep };
}
