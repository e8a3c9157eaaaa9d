import { type BuildRequest, runBuild } from "../../lib/build/run-build.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { importBuilds } from "../../lib/recording/import-builds.ts";
import { replayBuild } from "../../lib/recording/replay-build.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { packageFile } from "../package-root.ts";
import { buildRequest } from "./build.ts";
import { type BuildArgs, contextHelp, withBuildOptions } from "./build-options.ts";
import { canShowTui, openTui } from "./tui.ts";

/** A thin recording of two real builds of the sample, the second after an edit. */
const sampleRecording = packageFile("workspace", "greeter.klab");
const sampleContext = packageFile("workspace", "greeter");

const recordingNotice = "This is a recording of a real Kaniko build, played again: nothing is built now.";

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
    const request = await buildRequest(stopping, { ...args, context: args.context ?? sampleContext }).catch(error => {
      if (isSample && isUnavailable(error)) return error;
      throw error;
    });
    const replay = { started: false };
    const events = isSample ? sampleEvents(stopping, request, replay) : runBuild(request as BuildRequest);
    if (!canShowTui(context)) return showBuild(context, context.cache, events, () => replay.started);
    return openTui(context, { target: null, live: { events, cancel: () => stop.abort() } });
  },
};

function isUnavailable(error: unknown): error is LabError {
  return error instanceof LabError && error.exitStatus === 3;
}

/** The build of the sample; where it cannot be built, for want of an engine or a network, its recording. */
async function* sampleEvents(
  context: CliContext,
  request: BuildRequest | LabError,
  replay: { started: boolean },
): AsyncGenerator<BuildEvent, void, void> {
  const reason = request instanceof LabError ? request : yield* buildSample(context, request);
  if (reason === null) return;
  const ids = await importBuilds(context.cache, sampleRecording, { signal: context.signal });
  let told = false;
  replay.started = true;
  for await (const event of replayBuild(context.cache, ids.at(-1) as string, { speed: 1, signal: context.signal })) {
    yield event;
    if (told) continue;
    told = true;
    const hint = reason.hint ? ` (${reason.hint})` : "";
    yield {
      type: "warning",
      text: `${recordingNotice} Kaniko cannot build here: ${reason.message}${hint}`,
      atMs: event.atMs,
    };
  }
}

/** @returns why the sample cannot be built here, or null when it was built (or failed by itself). */
async function* buildSample(
  context: CliContext,
  request: BuildRequest,
): AsyncGenerator<BuildEvent, LabError | null, void> {
  let id = "";
  let anyStepDone = false;
  try {
    for await (const event of runBuild(request)) {
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
