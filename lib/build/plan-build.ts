/** What is known of a build from its Dockerfile alone. */

import { readFile, stat } from "node:fs/promises";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { planSteps } from "../dockerfile/plan.ts";
import { resolveStages } from "../dockerfile/resolve.ts";
import { LabError } from "../error.ts";
import type { PlannedStep } from "../executor/events.ts";
import type { ExecutorIdentity } from "../model/build.ts";
import { isLoopback } from "../registry/loopback.ts";
import type { BuildSpec } from "./build-spec.ts";
import type { StageOfBuild } from "./complete-steps.ts";
import type { ContextLocation } from "./executor-request.ts";

export interface BuildPlan {
  /** The Dockerfile's text; null when only the executor can read it (a remote context): steps are then found in its log. */
  readonly text: string | null;
  readonly steps: readonly PlannedStep[];
  readonly stages: readonly StageOfBuild[];
  /** The stage that becomes the image. */
  readonly finalStage: number;
  /** What `--target` must be for the executor; null when the flag is not needed. */
  readonly targetFlag: string | null;
  /** Images that the Dockerfile names: bases and sources of files. */
  readonly images: readonly string[];
  /** Registries on this machine's loopback that the Dockerfile names: the executor must get the network that reaches them. */
  readonly loopbackRegistries: readonly string[];
  /** Turns a stage index of the log into one of the Dockerfile, see `LogPlan`. */
  stageOfLogIndex(family: ExecutorIdentity["family"]): (logIndex: number) => number;
}

const largestDockerfileBytes = 16 * 1024 * 1024;

/** @throws LabError `dockerfile-syntax`, `unknown-stage`, `dockerfile-not-found` */
export async function planBuild(spec: BuildSpec, context: ContextLocation): Promise<BuildPlan> {
  if (context.dockerfile === null) {
    return {
      text: null,
      steps: [],
      stages: [],
      finalStage: 0,
      targetFlag: spec.target,
      images: [],
      loopbackRegistries: [],
      stageOfLogIndex: () => index => index,
    };
  }
  const text = await readDockerfile(context.dockerfile);
  const resolved = naming(context.dockerfile, () =>
    resolveStages(parseDockerfile(text), { buildArgs: spec.buildArgs, target: spec.target }),
  );
  const stages = resolved.stages.map(
    (stage): StageOfBuild => ({
      index: stage.stage.index,
      baseStage: stage.base.kind === "stage" ? stage.base.index : null,
      base: stage.base.kind === "image" ? stage.base.reference : "",
    }),
  );
  const needed = resolved.stages.filter(stage => stage.needed).map(stage => stage.stage.index);
  const images = [...stages.map(stage => stage.base), ...resolved.sourceImages].filter(image => image !== "");
  const skipsUnused = spec.extraFlags.some(flag => /^--skip-unused-stages(=true)?$/.test(flag));
  return {
    text,
    steps: planSteps(resolved),
    stages,
    finalStage: resolved.target,
    targetFlag: resolved.targetFlag,
    images: [...new Set(images)],
    loopbackRegistries: loopbackRegistries(images),
    stageOfLogIndex: family =>
      family === "upstream" && skipsUnused ? index => needed[index] ?? index : index => index,
  };
}

function loopbackRegistries(images: readonly string[]): string[] {
  const registries = images.map(image => image.split("/")[0] as string);
  return [...new Set(registries.filter(isLoopback))];
}

/** A syntax error says its line; of which file, is known only here. */
function naming<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "dockerfile-syntax") throw error;
    throw new LabError(error.code, `${file}: ${error.message}`, { hint: error.hint, cause: error.cause });
  }
}

async function readDockerfile(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > largestDockerfileBytes)
    throw new LabError("too-large", `${file} has ${size} bytes: that is no Dockerfile`);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new LabError("dockerfile-not-found", `cannot read ${file}`, { cause: error });
  }
}
