import type { BuildToRun } from "../../lib/build/build-driver.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { importBuilds } from "../../lib/recording/import-builds.ts";
import { playBuild } from "../../lib/recording/replay-driver.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { packageFile } from "../package-root.ts";
import { programWord } from "../program-word.ts";
import { type BuildArgs, contextHelp, withBuildOptions } from "./build-options.ts";
import { orderBuild } from "./order-build.ts";
import { sampleRecording } from "./shipped-recordings.ts";
import { canShowTui, openTui } from "./tui.ts";

const sampleContext = packageFile("workspace", "greeter");

const program = programWord();

const nextAfterSample = [
  "next:",
  `  ${program} search token     which step has it, and is it still there?`,
  `  ${program} diff --step 12   what a step changed`,
  `  ${program} explain          why the layer cache was missed`,
  `  ${program} tui              the same in the terminal UI, where there is a terminal`,
].join("\n");

export const command: Command = {
  examples: [
    ["$0 start", "build the sample, or play its recording"],
    ["$0 start . --driver sandbox", "build a context of your own"],
  ],
  options: argv => withBuildOptions(argv.positional("context", { type: "string", describe: contextHelp })),
  async run(context, args: BuildArgs) {
    const isSample = args.context === undefined;
    const stop = new AbortController();
    const stopping = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
    const order = await orderBuild(stopping, { ...args, context: args.context ?? sampleContext }).catch(error => {
      if (isSample && isUnavailable(error)) return error;
      throw error;
    });
    const replay = { started: false };
    const events = isSample
      ? sampleEvents(stopping, order, replay)
      : (order as BuildToRun).driver.build(order as BuildToRun);
    if (!canShowTui(context)) {
      const status = await showBuild(context, context.cache, events, () => replay.started);
      if (status === 0 && isSample) context.output.note(`\n${nextAfterSample}`);
      return status;
    }
    return openTui(context, { target: null, live: { events, cancel: () => stop.abort() } });
  },
};

function isUnavailable(error: unknown): error is LabError {
  return error instanceof LabError && error.exitStatus === 3;
}

/** The build of the sample; where it cannot be built, for want of an engine or a network, its recording. */
async function* sampleEvents(
  context: CliContext,
  order: BuildToRun | LabError,
  replay: { started: boolean },
): AsyncGenerator<BuildEvent, void, void> {
  const reason = order instanceof LabError ? order : yield* buildSample(context, order);
  if (reason === null) return;
  const ids = await importBuilds(context.cache, sampleRecording, { signal: context.signal });
  const recorded = await new BuildStore(context.cache).read(ids.at(-1) as string);
  replay.started = true;
  const hint = reason.hint ? ` (${reason.hint})` : "";
  yield* playBuild(context.cache, recorded, {
    speed: 1,
    signal: context.signal,
    reason: `Kaniko cannot build here: ${reason.message}${hint}`,
  });
}

/** @returns why the sample cannot be built here, or null when it was built (or failed by itself). */
async function* buildSample(context: CliContext, order: BuildToRun): AsyncGenerator<BuildEvent, LabError | null, void> {
  let id = "";
  let anyStepDone = false;
  try {
    for await (const event of order.driver.build(order)) {
      if (event.type === "started") id = event.id;
      anyStepDone ||= event.type === "step-finished" && event.status === "executed";
      if (event.type === "finished" && event.status === "failed" && !anyStepDone) {
        // Without a base image no step can run: that says nothing about the sample.
        return await forget(context, id, new LabError("image-not-found", event.failure?.message ?? "the build failed"));
      }
      yield event;
    }
    return null;
  } catch (error) {
    if (anyStepDone || !isUnavailable(error)) throw error;
    return forget(context, id, error);
  }
}

/** An attempt that could not even begin would only hide the recording from `latest`. */
async function forget(context: CliContext, id: string, reason: LabError): Promise<LabError> {
  if (id !== "") await new BuildStore(context.cache).remove(id);
  return reason;
}
