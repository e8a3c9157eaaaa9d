import { LabError } from "../error.ts";
import type { Dockerfile, Instruction, Stage } from "./dockerfile.ts";
import type { Variables } from "./expansion.ts";
import { ExpansionBudget } from "./expansion-budget.ts";
import { type BuildArgs, resolveGlobalArgs } from "./global-args.ts";
import { toLower } from "./go-text.ts";
import { parseTriggers } from "./parse.ts";
import { lexWord } from "./shell-lexer.ts";
import { StageNames, type StageSource, sourcesOf } from "./stage-sources.ts";
import { atLine, syntaxError } from "./syntax-error.ts";
import { findTarget } from "./target-stage.ts";

export interface ResolveOptions {
  readonly buildArgs: BuildArgs;
  /** Name or number of a stage; null for the last one. */
  readonly target: string | null;
}

export type Base =
  | { readonly kind: "stage"; readonly index: number }
  | { readonly kind: "scratch" }
  | { readonly kind: "image"; readonly reference: string };

export interface ResolvedStage {
  readonly stage: Stage;
  /** The base after FROM with variables expanded. */
  readonly baseName: string;
  readonly base: Base;
  /** What ONBUILD in the base stage adds before the stage's own instructions; empty when the stage is not needed. */
  readonly triggers: readonly Instruction[];
  /** Where triggers and instructions take files from. */
  readonly sources: readonly StageSource[];
  /** The target depends on this stage through FROM, COPY --from or RUN --mount from=, or is it. */
  readonly needed: boolean;
}

export interface ResolvedDockerfile {
  readonly dockerfile: Dockerfile;
  /** All stages, in order. */
  readonly stages: readonly ResolvedStage[];
  /** Index of the stage to build. */
  readonly target: number;
  /** What Kaniko's `--target` must be, or null when the flag is not needed. */
  readonly targetFlag: string | null;
  /** What FROM sees: global ARGs and build arguments. */
  readonly variables: Variables;
  /** Images that COPY --from and RUN --mount from= of the needed stages name, each once. */
  readonly sourceImages: readonly string[];
}

/**
 * Works out what the stages are based on and which of them a target needs, as Kaniko does (`MakeKanikoStages`): names
 * without regard to case, the first of several stages with one name as a base, the last one for COPY --from.
 * @throws LabError `unknown-stage`; `dockerfile-syntax` for a bad substitution, an empty base, a source stage that does
 *   not come before; `too-large`.
 */
export function resolveStages(dockerfile: Dockerfile, options: ResolveOptions): ResolvedDockerfile {
  const target = findTarget(dockerfile.stages, options.target);
  const budget = new ExpansionBudget();
  const variables = resolveGlobalArgs(dockerfile, options.buildArgs, budget);
  const names = new StageNames(dockerfile.stages);
  const based = dockerfile.stages.map(stage => withBase(stage, names, variables, budget));
  const stages = new DependencyWalk(based, names, target.index).run();
  const needed = stages.filter(stage => stage.needed);
  const images = needed.flatMap(stage => stage.sources.map(source => source.image)).filter(image => image !== null);
  return {
    dockerfile,
    stages,
    target: target.index,
    targetFlag: target.flag,
    variables,
    sourceImages: [...new Set(images)],
  };
}

type BasedStage = Pick<ResolvedStage, "stage" | "baseName" | "base">;

function withBase(stage: Stage, names: StageNames, variables: Variables, budget: ExpansionBudget): BasedStage {
  const baseName = atLine(stage.line, () => lexWord(stage.baseText, variables, { budget }).text);
  return { stage, baseName, base: baseOf(baseName, stage.index, names) };
}

function baseOf(baseName: string, index: number, names: StageNames): Base {
  if (baseName === "scratch") return { kind: "scratch" };
  const earlier = names.first(toLower(baseName));
  return earlier !== undefined && earlier < index
    ? { kind: "stage", index: earlier }
    : { kind: "image", reference: baseName };
}

/** A stage with many triggers can be the base of many stages. */
const maxTriggers = 100_000;

/** Goes from the target back to the first stage; a stage can only need earlier ones. */
class DependencyWalk {
  readonly #stages: readonly BasedStage[];
  readonly #names: StageNames;
  readonly #target: number;
  readonly #needed = new Set<number>();
  #triggerCount = 0;

  constructor(stages: readonly BasedStage[], names: StageNames, target: number) {
    this.#stages = stages;
    this.#names = names;
    this.#target = target;
    this.#needed.add(target);
  }

  run(): ResolvedStage[] {
    return this.#stages
      .toReversed()
      .map(stage => this.#visit(stage))
      .reverse();
  }

  #visit(based: BasedStage): ResolvedStage {
    const { stage, base, baseName } = based;
    const needed = this.#needed.has(stage.index);
    const triggers = needed ? this.#triggersOf(base) : [];
    const limit = Math.max(this.#target, stage.index - 1);
    // A trigger has no line of its own in this stage; it comes with FROM.
    const inherited = triggers.map(trigger => ({ ...trigger, line: stage.line }));
    const sources = sourcesOf([...inherited, ...stage.instructions], stage.index, limit, this.#names);
    if (needed) {
      if (baseName === "") throw blankBase(stage);
      if (base.kind === "stage") this.#needed.add(base.index);
      for (const source of sources) this.#need(source);
    }
    return { ...based, triggers, sources, needed };
  }

  #need(source: StageSource): void {
    if (source.stage !== null) {
      this.#needed.add(source.stage);
    } else if (source.image === null && source.via === "COPY") {
      throw syntaxError(
        source.line,
        `${source.text} refers to invalid stage: ${source.from}`,
        "COPY --from takes a stage that comes before, by name or by number from 0, or an image",
      );
    }
  }

  #triggersOf(base: Base): readonly Instruction[] {
    if (base.kind !== "stage") return [];
    const recorded = (this.#stages[base.index] as BasedStage).stage.instructions;
    const triggers = recorded.map(instruction => instruction.trigger).filter(trigger => trigger !== null);
    this.#triggerCount += recorded.length;
    if (this.#triggerCount > maxTriggers && triggers.length > 0) {
      throw new LabError("too-large", `the stages of the Dockerfile inherit more than ${maxTriggers} instructions`, {
        hint: "use fewer ONBUILD instructions",
      });
    }
    return parseTriggers(triggers);
  }
}

function blankBase(stage: Stage): LabError {
  return syntaxError(
    stage.line,
    `base name (${stage.baseText}) should not be blank`,
    "give its variable a value with --build-arg, or a default with ARG before the first FROM",
  );
}
