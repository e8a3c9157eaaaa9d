import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type BuildFile, readBuildFile } from "../../lib/build/build-file.ts";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { allDrivers, defaultExecutor, parseExecutorSource } from "../../lib/build/drivers.ts";
import { type BuildRequest, runBuild } from "../../lib/build/run-build.ts";
import { LabError } from "../../lib/error.ts";
import type { DriverName } from "../../lib/model/build.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { type BuildArgs, buildSpec, contextHelp, withBuildOptions } from "./build-options.ts";
import { showReplay } from "./show-replay.ts";
import { openTui } from "./tui.ts";

export const command: Command = {
  examples: [
    ["$0 build workspace/greeter", "build a sample with what is here"],
    ["$0 build . --driver sandbox --build-arg VERSION=2", "without Docker"],
    ["$0 build . --executor ./out/executor", "with an executor of your own"],
    ["$0 build . -- --ignore-path=/product_uuid", "any flag of Kaniko after --"],
  ],
  options: argv => withBuildOptions(argv.positional("context", { type: "string", describe: contextHelp })),
  async run(context, args: BuildArgs) {
    if (args.driver === "replay") return replayOf(context, args);
    const request = await buildRequest(context, args);
    if (args.tui) return watchBuild(context, request);
    return showBuild(context, request.cache, runBuild(request));
  },
};

/** The recorded build of this context once more, where nothing can or shall be built. */
async function replayOf(context: CliContext, args: BuildArgs): Promise<number> {
  const folder = resolve(context.workingFolder, args.context ?? defaultContext(context.workingFolder));
  const { builds } = await new BuildStore(context.cache).list();
  // An imported recording knows only the name of its context.
  const found = [folder, basename(folder)].map(name => builds.find(build => build.spec.context === name)).find(Boolean);
  if (found) return showReplay(context, found, { speed: 1, tui: args.tui ?? false });
  throw new LabError("not-found", `there is no recorded build of ${folder}`, {
    hint: "build it once, or take a recording with: kaniko-lab import FILE",
  });
}

export async function buildRequest(context: CliContext, args: BuildArgs): Promise<BuildRequest> {
  const contextWord = args.context ?? defaultContext(context.workingFolder);
  return requestOf(context, { ...args, context: contextWord }, await fileOf(context, contextWord));
}

/** @param file defaults for what the arguments do not say. */
export async function requestOf(context: CliContext, args: BuildArgs, file: BuildFile): Promise<BuildRequest> {
  const spec = buildSpec(args, file);
  const sourceName = args.executor ?? file.executor ?? process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor;
  const source = parseExecutorSource(sourceName, context.workingFolder);
  const { driver, why } = await chooseDriver(allDrivers(), driverWord(args, file));
  return {
    spec,
    source,
    sourceName,
    driver,
    why,
    cache: context.cache,
    workingFolder: context.workingFolder,
    signal: context.signal,
  };
}

function driverWord(args: BuildArgs, file: BuildFile): DriverName | "auto" {
  const word = args.driver ?? file.driver ?? "auto";
  if (word !== "replay") return word;
  throw new LabError("usage", "--driver replay plays a recorded build; here something is to be built");
}

/** `.`, or where the first lab has it: `./workspace`. */
function defaultContext(workingFolder: string): string {
  const isContext = (folder: string) =>
    existsSync(join(workingFolder, folder, process.env.DOCKER_FILE_NAME ?? "Dockerfile"));
  return !isContext(".") && isContext("workspace") ? "workspace" : ".";
}

async function fileOf(context: CliContext, word: string): Promise<BuildFile> {
  return /^(?!dir:)[a-z0-9]+:\/\//.test(word)
    ? {}
    : readBuildFile(resolve(context.workingFolder, word.replace(/^dir:\/\//, "")));
}

/** The build in the terminal UI, which shows the layers when it is done. */
export async function watchBuild(context: CliContext, request: BuildRequest): Promise<number> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  return openTui(context, {
    target: null,
    live: { events: runBuild({ ...request, signal }), cancel: () => stop.abort() },
  });
}
