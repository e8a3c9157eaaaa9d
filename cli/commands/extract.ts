import { resolve } from "node:path";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { cleanPath } from "./path-argument.ts";
import { chosenStep, openTarget, type StepArgs, withStepOptions, withTarget } from "./target-options.ts";

interface Args extends StepArgs {
  readonly target: string;
  readonly paths?: readonly string[];
  readonly all?: boolean;
  readonly to: string;
  readonly owner?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 extract latest /etc/passwd --to out", "one file, to out/etc/passwd"],
    ["$0 extract latest --all --step 3 --to out", "the whole file system after step 3"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv, { demandOption: true }))
      .positional("paths", { type: "string", array: true, describe: "Files and folders of the image" })
      .option("all", { type: "boolean", describe: "Everything" })
      .option("to", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "Folder to write to; nothing is written outside of it",
      })
      .option("owner", { type: "boolean", describe: "Keep owners and setuid bits (as root)" }),
  async run(context, args: Args) {
    const paths = (args.paths ?? []).map(cleanPath);
    if (paths.length === 0 && !args.all)
      throw new LabError("usage", "extract what?", { hint: "name paths, or say --all" });
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    const folder = resolve(context.workingFolder, args.to);
    let skipped: readonly string[] = [];
    const request = {
      paths: args.all ? [] : paths,
      folder,
      preserveOwner: args.owner ?? false,
      onSkipped: (paths: readonly string[]) => {
        skipped = paths;
      },
    };
    const written = await lab.extract(target, step, request, progress);
    if (context.output.json) {
      context.output.document({ target: target.name, step: step.number, folder, written, skipped });
      return 0;
    }
    for (const path of skipped)
      context.output.note(`not written, as it is a device, a pipe or a link to nothing: /${showText(path)}`);
    context.output.note(`${written} ${written === 1 ? "path" : "paths"} written to ${showText(folder)}`);
    return 0;
  },
};
