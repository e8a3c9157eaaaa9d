import type { Target } from "../../lib/model/target.ts";
import type { Command } from "../command.ts";
import { showFailure } from "../display/build-failure.ts";
import type { Output } from "../display/output.ts";
import { warnOfPrediction } from "../display/prediction-proof.ts";
import { timesNote, timesTable } from "../display/step-times.ts";
import { stepsDocument, stepsTable } from "../display/steps.ts";
import { openTarget, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 steps", "steps of the latest build"],
    ["$0 steps --times", "what the time of each went into"],
    ["$0 steps previous --json", "of the build before, as JSON"],
  ],
  options: argv =>
    withTarget(argv)
      .option("long", { alias: "l", type: "boolean", describe: "Whole digests, keys and instructions" })
      .option("times", { type: "boolean", describe: "Run, snapshots and push of each step apart", conflicts: "long" }),
  async run(context, args: { target?: string; long?: boolean; times?: boolean }) {
    const { output } = context;
    const { target } = await openTarget(context, args.target);
    if (output.json) output.document(stepsDocument(target));
    else if (args.times) showTimes(target, output);
    else for (const line of stepsTable(target, output, args.long ?? false)) output.line(line);
    if (!output.json && target.build !== null) {
      warnOfPrediction(output, target.build);
      if (target.build.status === "failed") showFailure(output, target.build);
    }
    return 0;
  },
};

function showTimes(target: Target, output: Output): void {
  for (const line of timesTable(target, output)) output.line(line);
  output.note(`\n${timesNote(target)}`);
}
