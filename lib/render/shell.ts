/** A script that calls the executor itself: for any system that runs a shell in one of Kaniko's images with a shell. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, and expressions of GitHub

import { neededVariables, scriptText, secretLines } from "./docker.ts";
import { executorArgs } from "./executor-args.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf } from "./header.ts";
import { usesCacheVolume } from "./pod-parts.ts";
import { needsLogin } from "./portable-build.ts";
import { commandLines, requiredVariables, secretVariable, shellWord, unknownVariables } from "./shell-words.ts";

/** Variables of the script. */
const folders = { workspace: "workspace_folder", cache: "cache_folder", output: "output_folder" };

export function renderShell({ build, context }: Rendering): Rendered {
  const args = executorArgs(build, {
    context,
    workspace: [{ name: folders.workspace, value: null }],
    layerCache: ["oci:", { name: folders.cache, value: null }, "/layers"],
    output: [{ name: folders.output, value: null }],
    baseImages: ["/base-images"],
    digestFile: null,
    secret: (id, variable) =>
      variable === null ? ["src=", { name: secretVariable(id), value: null }] : [`env=${variable}`],
  });
  const isFolder = context.kind === "folder";
  const set = new Set([...Object.values(folders), ...neededVariables(build)]);
  const unknown = unknownVariables(args).filter(name => !set.has(name));
  const lines = [
    "set -eu",
    ...requiredVariables([...unknown, ...neededVariables(build)]),
    ...(isFolder ? ["workspace_folder=${1:-$PWD}"] : []),
    ...(usesCacheVolume(build) ? ["cache_folder=${KANIKO_CACHE:-/cache}"] : []),
    ...(build.output === null ? [] : ["output_folder=${KANIKO_OUTPUT:-/output}", 'mkdir -p "$output_folder"']),
    ...build.environment.map(({ name, value }) => `export ${name}=${shellWord(value)}`),
    commandLines("exec /kaniko/executor", args.map(shellWord)),
  ];
  const prepare = [
    ...(isFolder
      ? ["context: the first argument is the folder with the files, absolute; without it the folder that you are in."]
      : []),
    ...(context.kind === "stdin" ? ["context: a gzip'd tar by standard input."] : []),
    ...(usesCacheVolume(build) ? ["layer cache: a folder that outlives the container, $KANIKO_CACHE or /cache."] : []),
    ...(build.output === null ? [] : [`the image goes to $KANIKO_OUTPUT or /output, as ${build.output.name}.`]),
    ...(needsLogin(build) ? ["login to registries, where they want one: /kaniko/.docker/config.json."] : []),
    ...secretLines(build),
  ];
  const usage = ["only in a container of Kaniko's with a shell (debug): it writes to / and deletes what is there"];
  const header = headerOf(`${build.name}: a build with Kaniko.`, usage, prepare, build.notes);
  return { text: scriptText(header, lines, args), notes: build.notes };
}
