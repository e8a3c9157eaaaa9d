import type { Argv } from "yargs";
import { executorDrivers } from "../../lib/build/drivers.ts";
import { foresee } from "../../lib/prediction/foresee.ts";
import type { Command } from "../command.ts";
import { predictionDocument, showPrediction } from "../display/prediction.ts";
import { type BuildArgs, withBuildOptions } from "./build-options.ts";
import { orderFor } from "./order-build.ts";

interface Args extends BuildArgs {
  readonly edit?: readonly string[];
}

export const command: Command = {
  examples: [
    ["$0 predict workspace/greeter", "which steps the layer cache has, before any build"],
    ["$0 predict . --edit src/main.c", "what a change of that file would cost"],
    ["$0 predict . --build-arg VERSION=2", "with another argument"],
  ],
  options: argv =>
    withBuildOptions(argv).option("edit", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Take this file or folder of the context for changed",
    }) as Argv,
  async run(context, args: Args) {
    const edits = args.edit ?? [];
    const foresight = await foresee(await orderFor(context, args, executorDrivers), { edits });
    if (context.output.json) context.output.document(predictionDocument(foresight, edits));
    else showPrediction(context.output, foresight, edits);
    return 0;
  },
};
