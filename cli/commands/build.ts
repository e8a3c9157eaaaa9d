import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BuildOrder, BuildToRun } from "../../lib/build/build-driver.ts";
import { type BuildFile, readBuildFile } from "../../lib/build/build-file.ts";
import { type Candidate, chooseDriver } from "../../lib/build/choose-driver.ts";
import { buildDrivers, defaultExecutor, parseExecutorSource } from "../../lib/build/drivers.ts";
import type { KubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showBuild } from "../display/build-display.ts";
import { type BuildArgs, buildSpec, contextHelp, withBuildOptions } from "./build-options.ts";
import { kubernetesOptions } from "./kubernetes-options.ts";
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
    return runOrder(context, await orderBuild(context, args), args);
  },
};

export async function orderBuild(context: CliContext, args: BuildArgs): Promise<BuildToRun> {
  return orderFor(context, args, options => buildDrivers(context.cache, options));
}

type DriversFor<Driver extends Candidate> = (options: KubernetesOptions) => readonly Driver[];

/** The same for one of some drivers. */
export async function orderFor<Driver extends Candidate>(
  context: CliContext,
  args: BuildArgs,
  drivers: DriversFor<Driver>,
): Promise<BuildOrder & { readonly driver: Driver }> {
  const contextWord = args.context ?? defaultContext(context.workingFolder);
  return orderFrom(context, { ...args, context: contextWord }, await fileOf(context, contextWord), drivers);
}

/** @param file defaults for what the arguments do not say. */
export async function orderFrom<Driver extends Candidate>(
  context: CliContext,
  args: BuildArgs,
  file: BuildFile,
  drivers: DriversFor<Driver>,
): Promise<BuildOrder & { readonly driver: Driver }> {
  const spec = buildSpec(args, file);
  const sourceName = args.executor ?? file.executor ?? process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor;
  const source = parseExecutorSource(sourceName, context.workingFolder);
  const candidates = drivers(kubernetesOptions(args, file, context.workingFolder));
  const { driver, why } = await chooseDriver(candidates, args.driver ?? file.driver ?? "auto");
  const { cache, workingFolder, signal } = context;
  return { spec, source, sourceName, driver, why, cache, workingFolder, signal };
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

/** Runs a build and shows it; in the terminal UI, where its layers are seen when it is done, if that is wanted. */
export async function runOrder(context: CliContext, order: BuildToRun, { tui }: { tui?: boolean }): Promise<number> {
  const { driver } = order;
  if (!tui) return showBuild(context, order.cache, driver.build(order), () => driver.name === "replay");
  const stop = new AbortController();
  const signal = AbortSignal.any([order.signal, stop.signal]);
  return openTui(context, {
    target: null,
    live: { events: driver.build({ ...order, signal }), cancel: () => stop.abort() },
  });
}
