/**
 * The stages of a Dockerfile as the executor goes through them: which ones, in which order, triggers of the bases put in
 * front, and in the fork stages that only one other needs built in one with it. Mirrors `MakeKanikoStages` of both. Pure.
 */

import type { Instruction } from "../dockerfile/dockerfile.ts";
import type { ResolvedDockerfile, ResolvedStage } from "../dockerfile/resolve.ts";
import { StageNames, type StageSource, sourcesOf } from "../dockerfile/stage-sources.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";

export interface PlacedInstruction {
  readonly instruction: Instruction;
  /** The stage of the Dockerfile that has it, or whose FROM brought it. */
  readonly stage: number;
  readonly isTrigger: boolean;
  /** COPY with `--from`: where from; else null. */
  readonly source: StageSource | null;
}

export interface StageRun {
  /** The stage of the Dockerfile that it ends as. */
  readonly index: number;
  /** The stage that has the FROM: another one when stages are built in one. */
  readonly bottom: ResolvedStage;
  /** MAINTAINER is left out, as Kaniko does. */
  readonly instructions: readonly PlacedInstruction[];
}

/** @param triggersOf ONBUILD of a stage's base image, when it is known. */
export function stageRuns(
  resolved: ResolvedDockerfile,
  algorithm: KeyAlgorithm,
  triggersOf: (stage: number) => readonly Instruction[],
): StageRun[] {
  const walk = new StageWalk(resolved, triggersOf);
  return algorithm.squashes ? walk.needed() : walk.all();
}

interface OwnStage {
  readonly stage: ResolvedStage;
  readonly instructions: readonly PlacedInstruction[];
}

class StageWalk {
  readonly #resolved: ResolvedDockerfile;
  readonly #names: StageNames;
  readonly #triggersOf: (stage: number) => readonly Instruction[];

  constructor(resolved: ResolvedDockerfile, triggersOf: (stage: number) => readonly Instruction[]) {
    this.#resolved = resolved;
    this.#names = new StageNames(resolved.dockerfile.stages);
    this.#triggersOf = triggersOf;
  }

  /** Upstream: every stage up to the target. */
  all(): StageRun[] {
    const upTo = this.#resolved.stages.slice(0, this.#resolved.target + 1);
    return upTo.map(stage => runOf(this.#own(stage)));
  }

  needed(): StageRun[] {
    const { target } = this.#resolved;
    const own = new Map<number, OwnStage>();
    const based = new Map<number, number>([[target, 1]]);
    const copied = new Set<number>();
    for (let index = target; index >= 0; index -= 1) {
      if (!based.has(index) && !copied.has(index)) continue;
      const stage = this.#own(this.#resolved.stages[index] as ResolvedStage);
      own.set(index, stage);
      const { base } = stage.stage;
      if (base.kind === "stage") based.set(base.index, (based.get(base.index) ?? 0) + 1);
      for (const { source } of stage.instructions)
        if (source !== null && source.stage !== null) copied.add(source.stage);
    }
    return squashed(own, based, copied);
  }

  #own(stage: ResolvedStage): OwnStage {
    const { index, instructions } = stage.stage;
    const triggers = stage.base.kind === "stage" ? stage.triggers : this.#triggersOf(index);
    const place = (instruction: Instruction, isTrigger: boolean): PlacedInstruction => ({
      instruction,
      stage: index,
      isTrigger,
      source: this.#sourceOf(instruction, index),
    });
    return {
      stage,
      instructions: [
        ...triggers.map(trigger => place(trigger, true)),
        ...instructions.map(instruction => place(instruction, false)),
      ].filter(({ instruction }) => instruction.keyword !== "MAINTAINER"),
    };
  }

  #sourceOf(instruction: Instruction, index: number): StageSource | null {
    if (instruction.keyword !== "COPY") return null;
    return sourcesOf([instruction], index, this.#resolved.target, this.#names)[0] ?? null;
  }
}

function runOf({ stage, instructions }: OwnStage): StageRun {
  return { index: stage.stage.index, bottom: stage, instructions };
}

/** Joins a stage to the one below when nothing else is based on that or copies from it; its ONBUILDs are then lost. */
function squashed(
  own: ReadonlyMap<number, OwnStage>,
  based: Map<number, number>,
  copied: ReadonlySet<number>,
): StageRun[] {
  const runs = new Map<number, StageRun>();
  for (const index of [...own.keys()].sort((a, b) => a - b)) {
    const stage = own.get(index) as OwnStage;
    const { base } = stage.stage;
    const below = base.kind === "stage" ? runs.get(base.index) : undefined;
    if (below === undefined || based.get(below.index) !== 1 || copied.has(below.index)) {
      runs.set(index, runOf(stage));
      continue;
    }
    runs.delete(below.index);
    const kept = below.instructions.filter(({ instruction }) => instruction.keyword !== "ONBUILD");
    runs.set(index, { index, bottom: below.bottom, instructions: [...kept, ...stage.instructions] });
  }
  return [...runs.values()];
}
