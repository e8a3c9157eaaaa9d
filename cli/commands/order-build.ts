/** From the words of a command line and the context's `kaniko-lab.yaml` to a build that can be run. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BuildOrder, BuildToRun } from "../../lib/build/build-driver.ts";
import { type BuildFile, readBuildFile } from "../../lib/build/build-file.ts";
import type { BuildSpec } from "../../lib/build/build-spec.ts";
import { type Candidate, chooseDriver } from "../../lib/build/choose-driver.ts";
import { buildDrivers, defaultExecutor, parseExecutorSource } from "../../lib/build/drivers.ts";
import type { KubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";
import type { CliContext } from "../context.ts";
import { type BuildArgs, buildSpec } from "./build-options.ts";
import { kubernetesOptions } from "./kubernetes-options.ts";

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
  const { spec, sourceName } = specFrom(args, file);
  const source = parseExecutorSource(sourceName, context.workingFolder);
  const candidates = drivers(kubernetesOptions(args, file, context.workingFolder));
  const { driver, why } = await chooseDriver(candidates, args.driver ?? file.driver ?? "auto");
  const { cache, workingFolder, signal } = context;
  return { spec, source, sourceName, driver, why, cache, workingFolder, signal };
}

/** What is to be built, without anything to build it; and the context's own file, for what else that says. */
export async function specFor(context: CliContext, args: BuildArgs): Promise<NamedSpec & { readonly file: BuildFile }> {
  const contextWord = args.context ?? defaultContext(context.workingFolder);
  const file = await fileOf(context, contextWord);
  return { ...specFrom({ ...args, context: contextWord }, file), file };
}

interface NamedSpec {
  readonly spec: BuildSpec;
  /** The executor as the user or the default named it. */
  readonly sourceName: string;
}

function specFrom(args: BuildArgs, file: BuildFile): NamedSpec {
  const sourceName = args.executor ?? file.executor ?? process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor;
  return { spec: buildSpec(args, file), sourceName };
}

/** `.`, or where the first lab has it: `./workspace`. */
function defaultContext(workingFolder: string): string {
  // With a name that is nowhere, the folder with another Dockerfile is still the one that was meant.
  const names = [process.env.DOCKER_FILE_NAME, "Dockerfile", "dockerfile"].filter(name => name !== undefined);
  const isContext = (folder: string) => names.some(name => existsSync(join(workingFolder, folder, name)));
  return !isContext(".") && isContext("workspace") ? "workspace" : ".";
}

async function fileOf(context: CliContext, word: string): Promise<BuildFile> {
  return /^(?!dir:)[a-z0-9]+:\/\//.test(word)
    ? {}
    : readBuildFile(resolve(context.workingFolder, word.replace(/^dir:\/\//, "")));
}
