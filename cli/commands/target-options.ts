/** How a command is told what to look at: a target and a step of it, the same way everywhere. */

import type { Argv } from "yargs";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { LabError } from "../../lib/error.ts";
import { parsePlatform } from "../../lib/image/platform.ts";
import { finalStep, findStep, lastStepOfStage, unknownLayersUpTo } from "../../lib/lab/chain.ts";
import type { Lab, ProgressOptions } from "../../lib/lab/lab.ts";
import { openLab } from "../../lib/lab/open-lab.ts";
import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import type { CliContext } from "../context.ts";
import { progressText } from "../display/format.ts";

export const targetHelp =
  "A build (id, start of an id, name, latest, previous) or an image (oci:DIR, docker-archive:FILE, docker://HOST/NAME:TAG, docker-daemon:NAME:TAG, a layer file, a folder of them)";

/** The positional `target`, and which image of several it means. */
export function withTarget(argv: Argv, positional: { describe?: string; demandOption?: boolean } = {}): Argv {
  return withPlatform(argv.positional("target", { type: "string", describe: targetHelp, ...positional }));
}

export function withPlatform(argv: Argv): Argv {
  return argv.option("platform", {
    type: "string",
    describe: "Which image of several: OS/ARCH[/VARIANT] (default: Linux on this processor)",
    requiresArg: true,
  });
}

export interface StepArgs {
  readonly step?: number | undefined;
  readonly stage?: string | undefined;
}

export function withStepOptions(argv: Argv): Argv {
  return argv
    .option("step", { type: "number", describe: "After this step (default: the last one)", requiresArg: true })
    .option("stage", { type: "string", describe: "After the last step of this stage", requiresArg: true })
    .conflicts("step", "stage");
}

export interface OpenedTarget {
  readonly lab: Lab;
  readonly target: Target;
  readonly progress: ProgressOptions;
}

/** Opens what the user named; default: the latest build. */
export async function openTarget(context: CliContext, word: string | undefined): Promise<OpenedTarget> {
  await settleAbandoned(context.cache);
  const lab = labOf(context);
  const progress = progressOf(context);
  const target = await lab.openTarget(word ?? "latest", progress);
  return { lab, target, progress };
}

export function labOf(context: CliContext): Lab {
  const platform = context.platform === undefined ? undefined : parsePlatform(context.platform);
  return context.lab ?? openLab({ cache: context.cache, platform });
}

/** The status line is written at most so often. */
const progressEveryMs = 100;

/** Progress of what takes long on the status line. */
export function progressOf(context: CliContext): ProgressOptions {
  let shownAt = 0;
  return {
    signal: context.signal,
    onProgress: (what, done, total, unit) => {
      const now = performance.now();
      if (now - shownAt < progressEveryMs) return;
      shownAt = now;
      context.output.status(progressText(what, done, total, unit));
    },
  };
}

/** Says what is missing in a file system, where a step's layer is not known. */
export function noteUnknownLayers(context: CliContext, target: Target, step: Step): void {
  for (const unknown of target.build?.status === "succeeded" ? unknownLayersUpTo(target.steps, step) : []) {
    context.output.note(
      `warning: what step ${unknown.number} (${showText(unknown.text)}) did is missing here: Kaniko kept no layer of it`,
    );
  }
}

/** The step that `--step` or `--stage` name, else the one the image ends with. @throws LabError `unknown-step`, `unknown-stage` */
export function chosenStep(target: Target, args: StepArgs): Step {
  if (args.step !== undefined) return findStep(target.steps, args.step);
  if (args.stage !== undefined) return lastStepOfStage(target.steps, args.stage);
  const step = finalStep(target.steps);
  if (step) return step;
  throw new LabError("not-found", `${target.name} has no steps`);
}
