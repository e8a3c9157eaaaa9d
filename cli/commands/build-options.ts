/** The options of a build, from the command line and from `kaniko-lab.yaml`, as one `BuildSpec`. */

import type { Argv } from "yargs";
import type { BuildFile } from "../../lib/build/build-file.ts";
import type { BuildSpec } from "../../lib/build/build-spec.ts";
import { mergeSpec, type WantedSpec } from "../../lib/build/merge-spec.ts";
import { parseLogLevel } from "../../lib/executor/log-events.ts";
import { type KubernetesArgs, withKubernetesOptions } from "./kubernetes-options.ts";
import { pairs } from "./name-value.ts";

export interface BuildArgs extends KubernetesArgs {
  readonly context?: string;
  readonly dockerfile?: string;
  readonly name?: string;
  readonly buildArg?: readonly string[];
  readonly target?: string;
  readonly destination?: readonly string[];
  readonly label?: readonly string[];
  readonly secret?: readonly string[];
  readonly snapshotMode?: "full" | "redo" | "time";
  readonly useNewRun?: boolean;
  readonly singleSnapshot?: boolean;
  readonly reproducible?: boolean;
  readonly compression?: "gzip" | "zstd";
  readonly platform?: string;
  readonly cache?: string | false;
  readonly cacheCopyLayers?: boolean;
  readonly baseCache?: string;
  readonly registryMirror?: readonly string[];
  readonly registryMap?: readonly string[];
  readonly insecureRegistry?: readonly string[];
  readonly dockerConfig?: string;
  readonly verbosity?: string;
  readonly debugPort?: number;
  readonly keep?: boolean;
  readonly executor?: string;
  readonly driver?: "auto" | "docker" | "sandbox" | "kubernetes" | "replay";
  readonly tui?: boolean;
  readonly "--"?: readonly string[];
}

/** Options that may be given many times, by their name in code and on the line, where Kaniko has them, too. */
export const repeatedOptions = [
  ["buildArg", "build-arg"],
  ["destination", "destination"],
  ["label", "label"],
  ["secret", "secret"],
  ["registryMirror", "registry-mirror"],
  ["registryMap", "registry-map"],
  ["insecureRegistry", "insecure-registry"],
] as const;

export const contextHelp = "Folder with the Dockerfile (default: .), or git:// s3:// gs:// https:// tar://FILE";

/** An option that is given once for each value. */
export const list = (describe: string) => ({ type: "string", array: true, nargs: 1, describe }) as const;
/** An option with a value. */
export const text = (describe: string) => ({ type: "string", describe, requiresArg: true }) as const;

/** How registries are reached, by builds and by the warmer. */
export function withRegistryOptions(argv: Argv): Argv {
  return argv
    .option("registry-mirror", list("Mirror of docker.io"))
    .option("registry-map", list("ORIGINAL=REPLACEMENT registry"))
    .option("insecure-registry", list("HOST[:PORT] that speaks plain HTTP"))
    .option("docker-config", text("config.json with credentials, mounted read-only"));
}

/** `--registry-mirror` and the like as the user gave them. */
export type RegistryArgs = Pick<BuildArgs, "registryMirror" | "registryMap" | "insecureRegistry" | "dockerConfig">;

export function withBuildOptions(argv: Argv): Argv {
  return withSpecOptions(withKubernetesOptions(argv))
    .option("driver", {
      choices: ["auto", "docker", "sandbox", "kubernetes", "replay"] as const,
      describe: "Where the executor runs (default: auto); replay: plays the last build",
    })
    .option("verbosity", { alias: "v", ...text("Log lines to show: trace … panic (default: warn)") })
    .option("debug-port", {
      type: "number",
      requiresArg: true,
      describe: "Run the executor under dlv, listening there",
    })
    .option("keep", { type: "boolean", describe: "Leave the container or Pod of a build that fails, for looking" })
    .option("tui", { type: "boolean", describe: "Watch the build in the terminal UI" });
}

/** What is built, and by which executor; not where and how it runs. */
export function withSpecOptions(argv: Argv): Argv {
  return withRegistryOptions(argv)
    .option("dockerfile", { alias: "f", ...text("Dockerfile, in the context or anywhere") })
    .option("name", text("A name to find the build by"))
    .option("build-arg", { ...list("NAME=VALUE, or NAME to take it from the environment") })
    .option("target", text("Stage to build"))
    .option("destination", { alias: "d", ...list("Push the image there (default: nothing is pushed)") })
    .option("label", list("NAME=VALUE of the image"))
    .option("secret", list("Secret for RUN: id=NAME[,src=FILE|,env=VARIABLE]"))
    .option("snapshot-mode", { choices: ["full", "redo", "time"] as const, describe: "How Kaniko finds changed files" })
    .option("use-new-run", { type: "boolean", describe: "Kaniko's other way to find what RUN changed" })
    .option("single-snapshot", { type: "boolean", describe: "One layer for all steps" })
    .option("reproducible", { type: "boolean", describe: "No times in the image" })
    .option("compression", { choices: ["gzip", "zstd"] as const, describe: "Compression of the layers" })
    .option("platform", text("OS/ARCH to build for"))
    .option("cache", text("Layer cache: on (default, in the cache folder), off, or a repository"))
    .option("cache-copy-layers", { type: "boolean", describe: "Cache COPY and ADD, too (default: yes)" })
    .option("base-cache", text("Base image cache: a folder that cache warm, or Kaniko's warmer, has filled"))
    .option("executor", text("Image name, oci:DIR, docker-archive:FILE or the file of a binary"));
}

/** Variables that the first lab knew stand behind options, and before the file. */
export function buildSpec(args: BuildArgs, file: BuildFile): BuildSpec {
  const environment = process.env;
  const wanted: WantedSpec = {
    dockerfile: args.dockerfile ?? environment.DOCKER_FILE_NAME,
    name: args.name,
    buildArgs: pairs("--build-arg", args.buildArg),
    target: args.target,
    destinations: args.destination,
    labels: pairs("--label", args.label),
    secrets: args.secret,
    snapshotMode: args.snapshotMode,
    useNewRun: args.useNewRun,
    singleSnapshot: args.singleSnapshot,
    reproducible: args.reproducible,
    compression: args.compression,
    platform: args.platform,
    cache: args.cache,
    cacheCopyLayers: args.cacheCopyLayers,
    baseCache: args.baseCache,
    registryMirrors: args.registryMirror,
    registryMaps: args.registryMap,
    insecureRegistries: args.insecureRegistry,
    dockerConfigFile: args.dockerConfig,
    extraFlags: args["--"],
    logLevel: parseLogLevel(args.verbosity ?? environment.LOGGING_LEVEL ?? "warn"),
    keep: args.keep,
    debugPort: args.debugPort ?? (environment.DEBUG === "true" ? 4000 : undefined),
  };
  return mergeSpec(args.context ?? ".", wanted, file);
}
