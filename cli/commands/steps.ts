import type { Command } from "../command.ts";
import { warnOfPrediction } from "../display/prediction-proof.ts";
import { stepsDocument, stepsTable } from "../display/steps.ts";
import { openTarget, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 steps", "steps of the latest build"],
    ["$0 steps previous --json", "of the build before, as JSON"],
  ],
  options: argv =>
    withTarget(argv).option("long", { alias: "l", type: "boolean", describe: "Whole digests, keys and instructions" }),
  async run(context, args: { target?: string; long?: boolean }) {
    const { target } = await openTarget(context, args.target);
    if (context.output.json) {
      context.output.document(stepsDocument(target));
      return 0;
    }
    for (const line of stepsTable(target, context.output, args.long ?? false)) context.output.line(line);
    warnOfPrediction(context.output, target.build);
    return 0;
  },
};
