import type { BuildToRun } from "../../lib/build/build-driver.ts";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { type BatchArgs, buildAll } from "./build-all.ts";
import { contextHelp, withBuildOptions } from "./build-options.ts";
import { orderBuild } from "./order-build.ts";
import { openTui } from "./tui.ts";

export const command: Command = {
  examples: [
    ["$0 build workspace/greeter", "build a sample with what is here"],
    ["$0 build . --driver sandbox --build-arg VERSION=2", "without Docker"],
    ["$0 build . --executor ./out/executor", "with an executor of your own"],
    ["$0 build --all images --jobs 4 --junit out.xml", "every context below a folder"],
    ["$0 build . -- --ignore-path=/product_uuid", "any flag of Kaniko after --"],
  ],
  options: argv =>
    withBuildOptions(
      argv
        .positional("context", { type: "string", describe: contextHelp })
        .option("all", {
          type: "boolean",
          describe: "Every context below the folder; {name} in --destination is its name",
        })
        .option("jobs", { alias: "j", type: "number", requiresArg: true, describe: "With --all: builds at a time" })
        .option("junit", { type: "string", requiresArg: true, describe: "With --all: write the outcome as JUnit XML" }),
    ),
  async run(context, args: BatchArgs & { readonly all?: boolean }) {
    if (args.all) return buildAll(context, args);
    for (const option of ["jobs", "junit"] as const)
      if (args[option] !== undefined) throw new LabError("usage", `--${option} goes with --all`);
    return runOrder(context, await orderBuild(context, args), args);
  },
};

/** Runs a build and shows it; in the terminal UI, where its layers are seen when it is done, if that is wanted. */
export async function runOrder(context: CliContext, order: BuildToRun, { tui }: { tui?: boolean }): Promise<number> {
  const { driver } = order;
  // Run inside of the terminal UI it is shown there.
  if (!(tui ?? context.host !== undefined))
    return showBuild(context, order.cache, driver.build(order), () => driver.name === "replay");
  const stop = new AbortController();
  const signal = AbortSignal.any([order.signal, stop.signal]);
  return openTui(context, {
    target: null,
    live: { events: driver.build({ ...order, signal }), cancel: () => stop.abort() },
  });
}
