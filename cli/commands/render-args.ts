/** The options of `render`, those of `build` among them. */

import type { Argv } from "yargs";
import type { BuildFile } from "../../lib/build/build-file.ts";
import { LabError } from "../../lib/error.ts";
import { formatsFor, type RenderFormat, renderFormats, wishesOf } from "../../lib/render/render.ts";
import {
  contextSourceForms,
  defaultRenderOptions,
  objectName,
  parseCacheVolume,
  parseContextSource,
  type RenderOptions,
} from "../../lib/render/render-options.ts";
import { type BuildArgs, repeatedOptions, withSpecOptions } from "./build-options.ts";
import type { CiFileArgs } from "./from.ts";
import { deadlineOf, podWishes, withPodOptions } from "./kubernetes-options.ts";

export interface RenderArgs extends BuildArgs, Omit<CiFileArgs, "file"> {
  readonly source?: string;
  readonly as: RenderFormat;
  readonly output?: string;
  readonly all?: boolean;
  readonly jobs?: number;
  readonly job?: string;
  readonly template?: string;
  readonly contextFrom?: string;
  readonly contextPath?: string;
  readonly cacheVolume?: string;
}

export function withRenderOptions(argv: Argv): Argv {
  return withSpecOptions(
    withPodOptions(argv, "What the Pod asks of its cluster:")
      .positional("source", {
        type: "string",
        describe: "A context folder (default: .), a build (id, name, latest), or a CI file that from reads",
      })
      .option("as", { choices: renderFormats, demandOption: true, describe: "What to write" })
      .option("output", { alias: "o", type: "string", requiresArg: true, describe: "File to write" })
      .option("all", {
        type: "boolean",
        describe: "Every context below the folder as one Workflow of Argo; {name} in --destination is its name",
      })
      .option("jobs", {
        alias: "j",
        type: "number",
        requiresArg: true,
        describe: "With --all: builds at a time (default: 4)",
      })
      .option("context-from", {
        type: "string",
        requiresArg: true,
        describe: `Where the context comes from there: ${contextSourceForms}`,
      })
      .option("context-path", { type: "string", requiresArg: true, describe: "Where the context is in that" })
      .option("cache-volume", {
        type: "string",
        requiresArg: true,
        describe: "Where a cluster keeps the layer cache: pvc[:NAME] (default: pvc:kaniko-cache) or host:PATH",
      })
      .option("registry-secret", {
        type: "string",
        requiresArg: true,
        describe: "Secret with credentials of registries (default: regcred)",
      })
      .option("namespace", { type: "string", requiresArg: true, describe: "Namespace of the objects" })
      .option("helper-image", {
        type: "string",
        requiresArg: true,
        describe: `Image with a shell, for reading results (default: ${defaultRenderOptions.helperImage})`,
      })
      .option("job", { type: "string", requiresArg: true, describe: "Which build of a CI file" })
      .option("template", { type: "string", requiresArg: true, describe: "Which build: its Argo template" })
      .option("param", {
        alias: "p",
        type: "string",
        array: true,
        nargs: 1,
        describe: "NAME=VALUE of a parameter of the CI file",
      })
      .option("with", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "Another CI file that the first refers to",
      }),
  );
}

const wishOptions = [
  ["podRequest", "pod-request", "requests"],
  ["podLimit", "pod-limit", "limits"],
  ["podLabel", "pod-label", "labels"],
  ["priorityClass", "priority-class", "priorityClass"],
  ["nodeSelector", "node-selector", "nodeSelector"],
  ["toleration", "toleration", "tolerations"],
  ["imagePullSecret", "image-pull-secret", "imagePullSecrets"],
  ["podDeadline", "pod-deadline", "deadlineSeconds"],
  ["serviceAccount", "service-account", "serviceAccount"],
  ["namespace", "namespace", "namespace"],
  ["registrySecret", "registry-secret", "registrySecret"],
  ["cacheVolume", "cache-volume", "cacheVolume"],
  ["baseClaim", "base-claim", "baseClaim"],
  ["helperImage", "helper-image", "helperImage"],
] as const;

/** What a context's own file asks of a cluster is left out where there is none; what the user asks is not. */
function refuseWishes(args: RenderArgs): void {
  const odd = wishOptions.filter(([key, , wish]) => args[key] !== undefined && !wishesOf(args.as).includes(wish));
  if (odd.length === 0) return;
  throw new LabError("usage", `--as ${args.as} has no place for ${odd.map(([, name]) => `--${name}`).join(", ")}`, {
    hint: `a place for that has --as ${formatsFor(odd.map(([, , wish]) => wish)).join(", ")}`,
  });
}

/** @param file of the context. @throws LabError `usage` */
export function renderOptions(args: RenderArgs, file: BuildFile): RenderOptions {
  refuseWishes(args);
  const named = (option: string, name: string | undefined) =>
    name === undefined ? null : objectName(`--${option}`, name);
  return {
    contextFrom: args.contextFrom === undefined ? null : parseContextSource(args.contextFrom),
    contextPath: args.contextPath ?? null,
    cacheVolume: args.cacheVolume === undefined ? defaultRenderOptions.cacheVolume : parseCacheVolume(args.cacheVolume),
    baseClaim: named("base-claim", args.baseClaim) ?? defaultRenderOptions.baseClaim,
    registrySecret: named("registry-secret", args.registrySecret) ?? defaultRenderOptions.registrySecret,
    namespace: named("namespace", args.namespace),
    serviceAccount: named("service-account", args.serviceAccount),
    helperImage: args.helperImage ?? file.kubernetes?.helperImage ?? defaultRenderOptions.helperImage,
    wishes: podWishes(args, file),
    deadlineSeconds: deadlineOf(args, file),
  };
}

const flagOfOption = [
  ["dockerfile", "dockerfile"],
  ["target", "target"],
  ["snapshotMode", "snapshot-mode"],
  ["useNewRun", "use-new-run"],
  ["singleSnapshot", "single-snapshot"],
  ["reproducible", "reproducible"],
  ["compression", "compression"],
  ["platform", "custom-platform"],
  ["cacheCopyLayers", "cache-copy-layers"],
  ...repeatedOptions,
] as const;

/** The options of `build` that were given, as flags of Kaniko. */
export function ownFlags(args: RenderArgs): string[] {
  const flags = flagOfOption.flatMap(([key, flag]) => {
    const value = args[key];
    return value === undefined ? [] : [value].flat().map(each => `--${flag}=${each}`);
  });
  const { cache } = args;
  if (cache !== undefined) {
    const isOff = cache === false || cache === "off" || cache === "false";
    const isFolder = cache === "on" || cache === "true";
    flags.push(`--cache=${!isOff}`, ...(isOff ? [] : [`--cache-repo=${isFolder ? "oci:/cache/layers" : cache}`]));
  }
  return [...flags, ...baseClaimFlags(args), ...(args["--"] ?? [])];
}

/** A claim with base images makes the executor look there; `--base-cache` says so already. */
export function baseClaimFlags({ baseClaim, baseCache }: RenderArgs): string[] {
  return baseClaim === undefined || baseCache !== undefined ? [] : ["--cache-dir=/base-images"];
}
