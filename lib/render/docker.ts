/** A script around `docker run`, for a machine with an engine. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, and expressions of GitHub

import { executorArgs } from "./executor-args.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf } from "./header.ts";
import { usesCacheVolume } from "./pod-parts.ts";
import { needsLogin, type PortableBuild, secretNames } from "./portable-build.ts";
import { commandLines, requiredVariables, secretVariable, shellWord, unknownVariables } from "./shell-words.ts";
import { knownText, type Text } from "./text.ts";
import { commentLines } from "./yaml-text.ts";

/** The engine would make a folder of a file that is not there. */
const loginLines = [
  'config="${DOCKER_CONFIG:-$HOME/.docker}/config.json"',
  "set --",
  '[ ! -f "$config" ] || set -- -v "$config:/kaniko/.docker/config.json:ro"',
];

export function renderDocker(rendering: Rendering): Rendered {
  const { build, context } = rendering;
  const args = executorArgs(build, {
    context,
    workspace: ["/workspace"],
    layerCache: ["oci:/cache/layers"],
    output: ["/output"],
    baseImages: ["/base-images"],
    digestFile: null,
    secret: (id, variable) => (variable === null ? [`src=/kaniko/lab/${secretVariable(id)}`] : [`env=${variable}`]),
  });
  const isFolder = context.kind === "folder";
  const lines = [
    "set -eu",
    ...requiredVariables([...unknownVariables([...args, build.executor]), ...neededVariables(build)]),
    ...(build.output === null
      ? []
      : [`output=\${${isFolder ? 2 : 1}:-\${TMPDIR:-/tmp}/${build.name}}`, 'mkdir -p "$output"']),
    ...(build.output === null ? [] : ['output=$(cd "$output" && pwd)']),
    ...(isFolder ? ['cd "${1:-.}"'] : []),
    ...(needsLogin(build) ? loginLines : []),
    commandLines("exec docker run --rm", [
      ...(context.kind === "stdin" ? ["-i"] : []),
      ...(isFolder ? ['-v "$PWD:/workspace:ro"'] : []),
      ...(usesCacheVolume(build) ? ["-v kaniko-cache:/cache"] : []),
      ...(build.output === null ? [] : ['-v "$output:/output"']),
      ...(build.hasBaseCache ? ["-v kaniko-base-images:/base-images:ro"] : []),
      ...(needsLogin(build) ? ['"$@"'] : []),
      ...secretNames(build).map(name => `-e ${name}`),
      ...fileSecrets(build).map(name => `-v "$${name}:/kaniko/lab/${name}:ro"`),
      ...build.environment.map(({ name, value }) => `-e ${shellWord([`${name}=`, ...value])}`),
      shellWord(build.executor),
      ...args.map(shellWord),
    ]),
  ];
  const prepare = [
    ...(isFolder
      ? ["context: the first argument is the folder with the files; without it the folder that you are in."]
      : []),
    ...(context.kind === "stdin" ? ["context: a gzip'd tar by standard input: tar -C CONTEXT -cz . | sh FILE"] : []),
    ...(usesCacheVolume(build)
      ? ["layer cache: in the volume kaniko-cache of the engine, instead of the cache folder."]
      : []),
    ...(build.output === null
      ? []
      : [`the image goes to the folder of the ${isFolder ? "second" : "first"} argument, as ${build.output.name}.`]),
    ...secretLines(build),
  ];
  const usage = `sh FILE${isFolder ? " [CONTEXT" : ""}${build.output === null ? "" : ` [OUTPUT]`}${isFolder ? "]" : ""}`;
  const header = headerOf(`${build.name}: a build with Kaniko in Docker.`, [usage], prepare, build.notes);
  return { text: scriptText(header, lines, args), notes: build.notes };
}

/** @param args words of the executor: a `$` in one of them is meant as it stands. */
export function scriptText(header: readonly string[], lines: readonly string[], args: readonly Text[]): string {
  const isPlain = args.every(text => !/[$`]/.test(knownText(text) ?? ""));
  const directive = isPlain ? "" : "# shellcheck disable=SC2016\n";
  return `#!/bin/sh\n${commentLines(header)}${directive}${lines.join("\n")}\n`;
}

export function fileSecrets(build: PortableBuild): string[] {
  return build.secrets.filter(({ variable }) => variable === null).map(({ id }) => secretVariable(id));
}

/** Variables that hold secrets, and names of files that do. */
export function neededVariables(build: PortableBuild): string[] {
  const optional = new Set(build.secretVariables);
  return [...secretNames(build).filter(name => !optional.has(name)), ...fileSecrets(build)];
}

export function secretLines(build: PortableBuild): string[] {
  const names = secretNames(build);
  const files = fileSecrets(build);
  return [
    ...(names.length === 0 ? [] : [`secrets: the variables ${names.join(", ")}.`]),
    ...(files.length === 0 ? [] : [`secrets: the variables ${files.join(", ")} name their files.`]),
  ];
}
