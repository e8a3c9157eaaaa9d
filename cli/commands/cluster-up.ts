import { join } from "node:path";
import type { ClusterGuide } from "../../lib/cluster/cluster-guide.ts";
import { type ClusterPart, clusterPart } from "../../lib/cluster/cluster-part.ts";
import { baseImagesClaim, type LabFolders, nodeMounts } from "../../lib/cluster/lab-folders.ts";
import { LabError } from "../../lib/error.ts";
import type { ClusterApi } from "../../lib/executor/kubernetes/cluster-api.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { showMadeParts, showParts, statusOfParts } from "../display/cluster-parts.ts";
import { programWord } from "../program-word.ts";
import { list, text } from "./build-options.ts";
import {
  currentApi,
  ensureSecret,
  type KindArgs,
  labFolders,
  nameOf,
  refuseContext,
  type SecretArgs,
  type VolumeArgs,
  volumeSource,
  withKind,
  withSecretOptions,
  withVolumeOptions,
} from "./cluster-options.ts";
import { runWarmer, type WarmerArgs, withWarmerOptions } from "./cluster-warm.ts";
import { withClusterOptions } from "./kubernetes-options.ts";

interface UpArgs extends KindArgs, VolumeArgs, SecretArgs, WarmerArgs {
  readonly workspace?: string;
  readonly registryPort?: number;
  readonly registryImage?: string;
  readonly nodeImage?: string;
  readonly warm?: readonly string[];
  readonly print?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 cluster up kind", "kind, a registry at localhost:5001, mounts of ./workspace and the cache folder"],
    ["$0 cluster up minikube --docker-config login/config.json --warm debian:bookworm", "everything at once"],
    ["$0 cluster up current --kube-context lab --node-folder /srv/kaniko", "in a cluster that is there"],
    ["$0 cluster up kind --print", "only show the files and commands"],
  ],
  options: argv =>
    withWarmerOptions(withSecretOptions(withVolumeOptions(withKind(withClusterOptions(argv)))))
      .option("workspace", text("Folder with the contexts, for the node (default: ./workspace, or .)"))
      .option("registry-port", { type: "number", requiresArg: true, describe: "kind: port of the registry (5001)" })
      .option("registry-image", text("kind: image of the registry (default: registry:2)"))
      .option("node-image", text("kind: image of the node (default: kind's own choice)"))
      .option("warm", list("Also fetch this base image into the base image cache"))
      .option("print", { type: "boolean", describe: "Make nothing; show files and commands that do the same" }),
  async run(context, args: UpArgs) {
    refuseContext(args);
    const { output } = context;
    const folders = labFolders(context, args.workspace);
    const missing = await missingPrograms(args);
    if (args.kind !== "current" && (args.print || missing.length > 0)) {
      const guide = await guideFor(args, folders);
      showGuide(context, args, guide, missing);
      if (args.print) return 0;
      throw await missingError(missing);
    }
    const parts: ClusterPart[] = [];
    const onPart = (part: ClusterPart) => {
      const before = parts.findIndex(({ name }) => name === part.name);
      parts.splice(before < 0 ? parts.length : before, before < 0 ? 0 : 1, part);
      output.status(`${part.state} ${part.name}`);
    };
    try {
      const api = await clusterFor(context, args, folders, onPart);
      const { ensureVolumes } = await import("../../lib/cluster/volumes.ts");
      for (const part of await ensureVolumes(api, volumeSource(args, args.kind), context.signal)) onPart(part);
      if (args.dockerConfig !== undefined) onPart(await ensureSecret(api, args, context));
      const images = args.warm ?? [];
      if (images.length > 0) onPart(await runWarmer(context, api, args, images));
      output.status("");
      showUp(context, args, folders, api, parts);
      return statusOfParts(parts);
    } catch (error) {
      output.status("");
      // What was made before the error is there: the next run goes on from it.
      if (!output.json && parts.length > 0) showParts(output, parts);
      throw error;
    }
  },
};

async function missingPrograms({ kind }: UpArgs): Promise<string[]> {
  if (kind === "kind") return (await import("../../lib/cluster/kind-cluster.ts")).missingForKind();
  if (kind === "minikube") return (await import("../../lib/cluster/minikube-cluster.ts")).missingForMinikube();
  return [];
}

async function clusterFor(
  context: CliContext,
  args: UpArgs,
  folders: LabFolders,
  onPart: (part: ClusterPart) => void,
): Promise<ClusterApi> {
  const { signal, output, cache } = context;
  const report = (what: string) => output.status(what);
  const common = { name: nameOf(args), folders, namespace: args.namespace ?? null, report, signal, onPart };
  if (args.kind === "current") {
    const { waitUntilUsable } = await import("../../lib/cluster/wait-usable.ts");
    const api = await currentApi(args);
    await waitUntilUsable(api, "guest", report, signal);
    const { contextName, server } = api.cluster;
    onPart(clusterPart("there", `context ${contextName}, ${server}`));
    return api;
  }
  const { runProgram } = await import("../../lib/cluster/run-program.ts");
  if (args.kind === "minikube") {
    const { minikubeUp } = await import("../../lib/cluster/minikube-cluster.ts");
    const { startMount } = await import("../../lib/cluster/start-mount.ts");
    const stateFolder = join(cache.driver("kubernetes"), "minikube");
    return minikubeUp({ ...common, stateFolder, run: runProgram, startMount });
  }
  const { kindUp } = await import("../../lib/cluster/kind-cluster.ts");
  const { connectEngine } = await import("../../lib/executor/docker/connect-engine.ts");
  const engine = await connectEngine();
  return kindUp({ ...common, engine, run: runProgram, ...(await kindPlan(args)) });
}

async function kindPlan(args: UpArgs) {
  const { defaultRegistryImage, defaultRegistryPort } = await import("../../lib/cluster/local-registry.ts");
  const port = args.registryPort ?? defaultRegistryPort;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new LabError("usage", `--registry-port: ${port} is no port`);
  return {
    registry: { port, image: args.registryImage ?? defaultRegistryImage },
    nodeImage: args.nodeImage ?? null,
  };
}

async function guideFor(args: UpArgs, folders: LabFolders): Promise<ClusterGuide> {
  const { kindGuide, minikubeGuide } = await import("../../lib/cluster/cluster-guide.ts");
  const plan = { name: nameOf(args), mounts: nodeMounts(folders) };
  if (args.kind === "minikube") return minikubeGuide(plan);
  const { registry, nodeImage } = await kindPlan(args);
  return kindGuide({ ...plan, registryPort: registry.port, registryImage: registry.image, nodeImage });
}

function showGuide({ output }: CliContext, { kind }: UpArgs, guide: ClusterGuide, missing: readonly string[]): void {
  if (output.json) {
    output.document({ kind, missing, ...guide });
    return;
  }
  for (const { name, text } of guide.files) {
    output.line(`cat >${name} <<'END'`);
    for (const line of text.trimEnd().split("\n")) output.line(line);
    output.line("END");
  }
  for (const line of guide.up) output.line(line);
  output.line("# To remove it again:");
  for (const line of guide.down) output.line(`# ${line.replace(/^# /, "")}`);
}

async function missingError(missing: readonly string[]): Promise<LabError> {
  const { installHints } = await import("../../lib/cluster/cluster-guide.ts");
  const is = missing.length === 1 ? "is" : "are";
  return new LabError("engine-unavailable", `${missing.join(" and ")} ${is} not on this machine`, {
    hint: `${missing.map(name => `${name}: ${installHints[name]}`).join("; ")}; what is shown does it by hand, once ${is === "is" ? "it is" : "they are"} there`,
  });
}

function showUp(
  { output, workingFolder }: CliContext,
  args: UpArgs,
  folders: LabFolders,
  api: ClusterApi,
  parts: readonly ClusterPart[],
): void {
  const { contextName, namespace } = api.cluster;
  if (output.json) {
    output.document({ kind: args.kind, context: contextName, namespace, parts });
    return;
  }
  showMadeParts(output, parts);
  if (parts.every(({ state }) => state === "there")) output.note("nothing to do: all is there");
  const where = [
    `--kube-context ${contextName}`,
    ...(args.namespace === undefined ? [] : [`--namespace ${namespace}`]),
    ...(args.kind === "current" || parts.some(({ kind, state }) => kind === "mount" && state === "missing")
      ? []
      : [`--host-path ${relativeTo(workingFolder, folders.workspace)}=/kaniko-lab/workspace`]),
    `--base-claim ${baseImagesClaim}`,
  ];
  output.note(`builds run there with: ${programWord()} build CONTEXT --driver kubernetes ${showText(where.join(" "))}`);
}

function relativeTo(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? `.${path.slice(folder.length)}` : path;
}
