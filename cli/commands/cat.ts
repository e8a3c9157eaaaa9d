import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { cleanPath } from "./path-argument.ts";
import { chosenStep, openTarget, type StepArgs, targetHelp, withStepOptions } from "./target-options.ts";

interface Args extends StepArgs {
  readonly target: string;
  readonly path: string;
}

export const command: Command = {
  examples: [
    ["$0 cat latest /etc/passwd", "as it is in the image"],
    ["$0 cat latest /etc/passwd --step 3", "as it was after step 3"],
  ],
  options: argv =>
    withStepOptions(argv)
      .positional("target", { type: "string", describe: targetHelp, demandOption: true })
      .positional("path", { type: "string", describe: "File in the image", demandOption: true }),
  async run(context, args: Args) {
    if (context.output.json)
      throw new LabError("usage", "cat writes the file's bytes, there is no JSON of it", {
        hint: "kaniko-lab ls --json tells about a file",
      });
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    for await (const chunk of lab.readFile(target, step, cleanPath(args.path), progress)) {
      if (context.output.isClosed) break;
      await context.output.bytes(chunk);
    }
    return 0;
  },
};
