/** Lines for people at the top of a file: what it is, how it is used, what has to be prepared. */

import { quoteWord } from "../ci/shell/quote-word.ts";
import { LabError } from "../error.ts";
import type { Rendering } from "./format.ts";
import { hostPathOf, keyOf, secretsName, usesCacheVolume } from "./pod-parts.ts";
import { needsLogin, secretNames } from "./portable-build.ts";
import type { Hole } from "./text.ts";

/** What a cluster must have before the build can run. */
export function preparations({ build, context, options }: Rendering): string[] {
  const inNamespace = options.namespace === null ? "" : ` -n ${options.namespace}`;
  const lines: string[] = [];
  if (context.kind === "remote")
    lines.push("context: Kaniko fetches it itself; where that needs credentials, they are the service account's.");
  else if (context.kind === "folder" && context.from.kind === "host")
    lines.push(
      `context: the node has it at ${hostPathOf(build, context.from.path)} (kind: extraMounts, minikube: minikube mount).`,
    );
  else if (context.kind === "folder" && context.from.kind === "pvc")
    lines.push(`context: the volume claim ${context.from.claim} holds it; it has to be there, and filled.`);
  else if (context.kind === "folder" && context.from.kind === "checkout")
    lines.push("context: the workspace source holds the checkout; the TaskRun binds it to the volume claim workspace.");
  else if (context.kind === "folder" && context.from.kind === "sources")
    lines.push("context: containers before the build put it together.");
  if (usesCacheVolume(build)) {
    const { cacheVolume } = options;
    const where =
      cacheVolume.kind === "pvc" ? `the volume claim ${cacheVolume.claim}` : `${cacheVolume.path} of the node`;
    lines.push(`layer cache: in ${where}, instead of the cache folder; a registry takes it with --cache REPOSITORY.`);
  }
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  if (serviceAccount !== null) lines.push(`the service account ${serviceAccount} has to be there.`);
  if (build.hasBaseCache)
    lines.push(`base image cache: the volume claim ${options.baseClaim}, which a warmer has filled.`);
  if (needsLogin(build)) {
    lines.push(
      "login to registries, where they want one:",
      `  kubectl create secret generic ${options.registrySecret}${inNamespace} --type=kubernetes.io/dockerconfigjson \\`,
      "    --from-file=.dockerconfigjson=$HOME/.docker/config.json",
    );
  }
  const ofSources = build.sources.flatMap(source => (source.kind === "container" ? source.unknownEnv : []));
  const names = [...new Set([...secretNames(build), ...ofSources])];
  const files = build.secrets.filter(({ variable }) => variable === null);
  if (names.length + files.length > 0) {
    const words = [
      ...names.map(name => `--from-literal=${quoteWord(`${keyOf(name)}=…`)}`),
      ...files.map(({ id }) => `--from-file=${quoteWord(`${keyOf(id)}=FILE`)}`),
    ];
    lines.push("secrets:", `  kubectl create secret generic ${secretsName(build)}${inNamespace} ${words.join(" ")}`);
  }
  return lines;
}

/** @throws LabError `usage` */
export function refuseMissing(missing: readonly Hole[]): void {
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(({ name }) => name))];
  throw new LabError("usage", `the build needs values that the file does not tell: ${names.join(", ")}`, {
    hint: `${names.map(name => `--param ${name}=VALUE`).join(" ")}, or a format with parameters: argo, tekton`,
  });
}

/** Lines of a header: what it is, how it is used, what to prepare, what to know. */
export function headerOf(
  title: string,
  commands: readonly string[],
  prepare: readonly string[],
  notes: readonly string[],
): string[] {
  return [
    title,
    ...commands.map(line => `  ${line}`),
    ...(prepare.length === 0
      ? []
      : ["", "To prepare:", ...prepare.map(line => (line.startsWith("  ") ? line : `- ${line}`))]),
    ...(notes.length === 0 ? [] : ["", "To know:", ...notes.map(note => `- ${note}`)]),
  ];
}
