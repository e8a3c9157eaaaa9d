import { createInterface } from "node:readline";
import type { Argv } from "yargs";
import { executorDrivers } from "../../lib/build/drivers.ts";
import { LabError } from "../../lib/error.ts";
import { startWatch, type Watch } from "../../lib/watch/run-watch.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { PlainWatch, watchLine } from "../display/watch.ts";
import { type BuildArgs, withBuildOptions } from "./build-options.ts";
import { orderFor } from "./order-build.ts";
import { canShowTui, openTui } from "./tui.ts";

interface Args extends BuildArgs {
  readonly wait?: boolean;
  readonly restart?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 watch workspace/greeter", "build, and again at every change that counts"],
    ["$0 watch . --wait", "only predict what a change invalidates; Enter builds"],
    ["$0 watch . --json", "every event as a JSON document in a line"],
  ],
  options: argv =>
    withBuildOptions(
      argv.positional("context", { type: "string", describe: "Folder with the Dockerfile (default: .)" }),
    )
      .option("wait", { type: "boolean", describe: "Build only when Enter is pressed" })
      .option("restart", {
        type: "boolean",
        describe: "A change that counts cancels the build that runs (default: it runs to its end, then the next one)",
      }) as Argv,
  async run(context, args: Args) {
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const stopping = { ...context, signal };
    const watch = startWatch({
      buildRequest: () => orderFor(stopping, args, executorDrivers),
      wait: args.wait ?? false,
      restart: args.restart ?? false,
      signal,
    });
    if (args.tui === false || !canShowTui(context)) return showWatch(context, watch);
    return openTui(context, { target: null, watch: { ...watch, stop: () => stop.abort() } });
  },
};

/** Plain lines or JSON, until a signal comes. */
async function showWatch(context: CliContext, watch: Watch): Promise<number> {
  const { output } = context;
  const enter = output.json ? null : onEnter(() => watch.build());
  const plain = new PlainWatch(context);
  try {
    for await (const event of watch.events) {
      if (output.isClosed) break;
      if (output.json) output.line(watchLine(event, new Date()));
      else await plain.show(event);
    }
  } finally {
    enter?.();
  }
  if (!context.signal.aborted) return 0;
  const { reason } = context.signal;
  if (reason instanceof LabError && !output.json) output.note("no longer watching");
  return 130;
}

/** On a terminal only: what else is on stdin is not meant for us. @returns what ends it */
function onEnter(act: () => void): () => void {
  if (process.stdin.isTTY !== true) return () => undefined;
  const lines = createInterface({ input: process.stdin });
  lines.on("line", act);
  return () => lines.close();
}
