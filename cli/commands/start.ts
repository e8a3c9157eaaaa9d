import { runBuild } from "../../lib/build/run-build.ts";
import { LabError } from "../../lib/error.ts";
import { importBuilds } from "../../lib/recording/import-builds.ts";
import { replayBuild } from "../../lib/recording/replay-build.ts";
import type { Command } from "../command-table.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { packageFile } from "../package-root.ts";
import { buildRequest } from "./build.ts";
import { type BuildArgs, withBuildOptions } from "./build-options.ts";
import { canShowTui, openTui } from "./tui.ts";

/** A thin recording of two real builds of the sample, the second after an edit. */
const sampleRecording = packageFile("workspace", "greeter.klab");
const sampleContext = packageFile("workspace", "greeter");

export const command: Command = {
  options: argv =>
    withBuildOptions(argv)
      .example("$0 start", "build the sample, or play its recording")
      .example("$0 start . --driver sandbox", "build a context of your own"),
  async run(context, args: BuildArgs) {
    const own = args.context !== undefined;
    try {
      const request = await buildRequest(context, { ...args, context: args.context ?? sampleContext });
      const status = await show(context, runBuild(request));
      return status;
    } catch (error) {
      const cannotBuild = error instanceof LabError && error.exitStatus === 3;
      if (own || !cannotBuild) throw error;
      return playRecording(context, error);
    }
  },
};

async function show(
  context: CliContext,
  events: AsyncIterable<import("../../lib/executor/events.ts").BuildEvent>,
): Promise<number> {
  if (!canShowTui(context)) return showBuild(context, context.cache, events);
  await openTui(context, { target: null, live: { events, cancel: () => undefined } });
  return 0;
}

async function playRecording(context: CliContext, reason: LabError): Promise<number> {
  context.output.note(`Kaniko cannot run here: ${reason.message}`);
  if (reason.hint) context.output.note(`To change that: ${reason.hint}`);
  const ids = await importBuilds(context.cache, sampleRecording, { signal: context.signal });
  const latest = ids.at(-1) as string;
  const notice = "This is a recording of a real Kaniko build, played again: nothing is built now.";
  context.output.note(notice);
  const events = replayBuild(context.cache, latest, { speed: 1, signal: context.signal });
  if (!canShowTui(context)) return showBuild(context, context.cache, events);
  await openTui(context, { target: latest, notice, live: { events, cancel: () => undefined } });
  return 0;
}
