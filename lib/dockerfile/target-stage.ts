import { LabError } from "../error.ts";
import type { Stage } from "./dockerfile.ts";
import { toLower } from "./go-text.ts";

export interface TargetStage {
  readonly index: number;
  /** What Kaniko's `--target` must be, or null when the flag is not needed. Kaniko knows stages by name only. */
  readonly flag: string | null;
}

/**
 * Finds the stage to build: by name whatever its case (the first of several), by number from 0, or the last one for null.
 * @throws LabError `unknown-stage` that lists the stages there are.
 */
export function findTarget(stages: readonly Stage[], target: string | null): TargetStage {
  const last = stages.length - 1;
  if (target === null || target === "") return { index: last, flag: null };
  const named = indexOfName(stages, toLower(target));
  if (named >= 0) return { index: named, flag: (stages[named] as Stage).name };
  const index = /^\d{1,9}$/.test(target) ? Number(target) : -1;
  const stage = stages[index];
  if (stage === undefined) {
    throw new LabError("unknown-stage", `the Dockerfile has no stage ${JSON.stringify(target)}`, {
      hint: `choose one of its stages: ${listStages(stages)}`,
    });
  }
  if (index === last) return { index, flag: null };
  if (stage.name !== "" && indexOfName(stages, stage.name) === index) return { index, flag: stage.name };
  throw new LabError("unknown-stage", `stage ${index} (line ${stage.line}) has no name of its own`, {
    hint: `Kaniko finds stages by name only: add "AS name" to line ${stage.line}`,
  });
}

function indexOfName(stages: readonly Stage[], name: string): number {
  return stages.findIndex(stage => stage.name === name);
}

const maxListed = 20;

function listStages(stages: readonly Stage[]): string {
  const shown = stages.slice(0, maxListed).map(stage => `${stage.name || stage.index} (line ${stage.line})`);
  return shown.join(", ") + (stages.length > maxListed ? ", …" : "");
}
