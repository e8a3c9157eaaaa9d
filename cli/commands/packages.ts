import { mkdir } from "node:fs/promises";
import { type PackageKind, packageKinds } from "../../lib/analysis/packages/package.ts";
import { type StepPackages, stepPackages } from "../../lib/analysis/packages/step-packages.ts";
import { findStep } from "../../lib/lab/chain.ts";
import type { Command } from "../command.ts";
import { packagesDocument, showStepPackages } from "../display/packages.ts";
import { openTarget, withTarget } from "./target-options.ts";

interface Args {
  readonly target?: string;
  readonly step?: number;
  readonly kind: readonly PackageKind[];
  readonly base?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 packages", "what each step of the latest build installed, removed and upgraded"],
    ["$0 packages latest --step 4", "of one step"],
    ["$0 packages docker://registry.example/app:1 --kind dpkg --json", "of an image from a registry"],
  ],
  options: argv =>
    withTarget(argv)
      .option("step", { type: "number", describe: "Only what this step did", requiresArg: true })
      .option("kind", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        choices: packageKinds,
        describe: "Only packages of this manager",
      })
      .option("base", { type: "boolean", describe: "List the packages of base images, too" }),
  async run(context, args: Args) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const upTo = args.step === undefined ? undefined : findStep(target.steps, args.step);
    const { scratch } = context.cache;
    await mkdir(scratch, { recursive: true });
    const isWanted = (kind: PackageKind | undefined) => args.kind.length === 0 || args.kind.some(each => each === kind);
    const steps: StepPackages[] = [];
    for await (const found of stepPackages({ lab, target, scratch, upTo }, progress)) {
      if (upTo !== undefined && found.step !== upTo) continue;
      const changes = found.changes.filter(({ before, after }) => isWanted((after ?? before)?.kind));
      if (changes.length === 0 && found.unreadable.length === 0) continue;
      const step = { ...found, changes };
      steps.push(step);
      const isShort = found.step.baseLayers.length > 0 && upTo === undefined && !args.base;
      if (!context.output.json) showStepPackages(step, context.output, isShort);
    }
    if (context.output.json) context.output.document(packagesDocument(target, steps));
    else if (steps.length === 0) context.output.note("no package manager has left anything that is known here");
    return 0;
  },
};
