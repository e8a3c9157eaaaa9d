/**
 * A cluster of kind with the lab's folders and a registry of this machine. kind itself is run as a program; the rest
 * (registry, node's files) goes through the engine's API.
 */

import { mkdir } from "node:fs/promises";
import type Docker from "dockerode";
import { LabError } from "../error.ts";
import type { Engine } from "../executor/docker/connect-engine.ts";
import { callEngine } from "../executor/docker/engine-call.ts";
import { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { connectCluster } from "../executor/kubernetes/connect-cluster.ts";
import { defaultKubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import { findProgram } from "../executor/sandbox/processes.ts";
import { storeError } from "../store/store-error.ts";
import { ensureObject, type PartDocument } from "./cluster-objects.ts";
import { type ClusterPart, clusterPart, mountPart, type ReportCluster } from "./cluster-part.ts";
import { hostsFile, hostsToml, kindConfig, registryConfigMap, registryName, registryPort } from "./kind-documents.ts";
import { type LabFolders, type NodeMount, nodeMounts } from "./lab-folders.ts";
import { ensureRegistry, joinNetwork, lookForRegistry, type RegistryPlan, removeRegistry } from "./local-registry.ts";
import { readNodeFile, writeNodeFile } from "./node-file.ts";
import type { RunProgram } from "./run-program.ts";
import { waitUntilUsable, whatIsMissing } from "./wait-usable.ts";

export interface KindRequest {
  readonly name: string;
  readonly folders: LabFolders;
  readonly registry: RegistryPlan;
  /** Null: the one that kind takes. */
  readonly nodeImage: string | null;
  readonly namespace: string | null;
  readonly engine: Engine;
  readonly run: RunProgram;
  readonly report: ReportCluster;
  readonly signal: AbortSignal;
  readonly onPart: (part: ClusterPart) => void;
}

/** kind's network of the engine; `KIND_EXPERIMENTAL_DOCKER_NETWORK` names another one, as for kind itself. */
const network = () => process.env.KIND_EXPERIMENTAL_DOCKER_NETWORK || "kind";
const callMs = 60_000;

export function contextOfKind(name: string): string {
  return `kind-${name}`;
}

/** The programs that kind needs and this machine lacks. */
export async function missingForKind(): Promise<string[]> {
  const engines = await Promise.all(["docker", "podman", "nerdctl"].map(findProgram));
  return [
    ...((await findProgram("kind")) === null ? ["kind"] : []),
    ...(engines.every(found => found === null) ? ["docker"] : []),
  ];
}

/**
 * Makes what is not there yet, and leaves the rest as it is.
 * @throws LabError `engine-unavailable` with what kind says, `usage` when a cluster of that name is of another kind, `cancelled`
 */
export async function kindUp(request: KindRequest): Promise<ClusterApi> {
  const { engine, signal, report, onPart, registry, name } = request;
  const mounts = nodeMounts(request.folders);
  const before = await nodesOf(engine, name, signal);
  if (before.length > 0) checkMounts(name, before, mounts);
  const ofRegistry = await ensureRegistry(engine, registry, report, signal);
  onPart(ofRegistry);
  try {
    onPart(before.length === 0 ? await createCluster(request, mounts) : await startNodes(request, before));
  } catch (error) {
    // Nothing is left of a run that made no cluster.
    const removed = ofRegistry.state === "made" ? await removeRegistry(engine, AbortSignal.timeout(callMs)) : null;
    if (removed !== null) onPart(removed);
    throw error;
  }
  onPart(await joinNetwork(engine, network(), signal));
  for (const node of await nodesOf(engine, name, signal)) onPart(await tellNode(engine, node, registry.port, signal));
  const api = await apiOfKind(request);
  await waitUntilUsable(api, "admin", report, signal);
  const document = registryConfigMap(registry.port, `${registryName}:${registryPort}`) as PartDocument;
  onPart(await ensureObject(api, document, "tells tools of the registry", signal));
  return api;
}

/** @returns the parts, and the cluster where it runs */
export async function kindStatus(
  request: Pick<KindRequest, "name" | "engine" | "namespace" | "signal">,
): Promise<{ parts: ClusterPart[]; api: ClusterApi | null }> {
  const { engine, name, signal } = request;
  const nodes = await nodesOf(engine, name, signal);
  const parts = [await lookForRegistry(engine, signal)];
  const stopped = nodes.filter(({ State }) => !State.Running);
  if (nodes.length === 0) {
    parts.push(clusterPart("missing", `kind has no cluster ${name}`));
    return { parts, api: null };
  }
  const names = nodes.map(nodeName).join(", ");
  if (stopped.length > 0) {
    parts.push(clusterPart("missing", `stopped: ${stopped.map(nodeName).join(", ")}`));
    return { parts, api: null };
  }
  const api = await apiOfKind(request);
  const missing = await whatIsMissing(api, "admin", signal);
  const detail = `${contextOfKind(name)}; ${missing ?? `nodes ${names}`}`;
  parts.push(clusterPart(missing === null ? "there" : "missing", detail));
  for (const mount of mountsOf(nodes)) parts.push(mountPart(mount, "there"));
  return { parts, api };
}

/**
 * Removes the cluster and the registry that were made here. A cluster without the lab's mounts is somebody else's and stays.
 * @throws LabError `engine-unavailable` with what kind says
 */
export async function kindDown(
  request: Pick<KindRequest, "name" | "engine" | "run" | "report" | "signal">,
): Promise<ClusterPart[]> {
  const { name, engine, run, report, signal } = request;
  const nodes = await nodesOf(engine, name, signal);
  const parts: ClusterPart[] = [];
  if (nodes.length > 0 && mountsOf(nodes).length === 0) {
    return [clusterPart("kept", `kaniko-lab did not make the kind cluster ${name}`)];
  }
  if (nodes.length > 0) {
    report(`removing the cluster ${name}`);
    const { code, complaint } = await run(["kind", "delete", "cluster", "--name", name], { signal });
    if (code !== 0) throw kindFailed("remove the cluster", complaint);
    parts.push(clusterPart("removed", `${contextOfKind(name)}, with all that was in it`));
  }
  // Other clusters of kind may pull from it.
  const others = await otherClusters(engine, name, signal);
  if (others.length > 0 && parts.length === 0) return parts;
  if (others.length > 0) {
    return [
      ...parts,
      { kind: "registry", name: "registry", state: "kept", detail: `in use by the kind clusters ${others.join(", ")}` },
    ];
  }
  const registry = await removeRegistry(engine, signal);
  return registry === null ? parts : [...parts, registry];
}

async function createCluster(request: KindRequest, mounts: readonly NodeMount[]): Promise<ClusterPart> {
  const { name, run, report, signal, nodeImage, folders } = request;
  try {
    for (const folder of [folders.cache, folders.baseImages]) await mkdir(folder, { recursive: true });
  } catch (error) {
    throw storeError(error, folders.cache);
  }
  report(`kind makes the cluster ${name}`);
  const image = nodeImage === null ? [] : ["--image", nodeImage];
  const command = ["kind", "create", "cluster", "--name", name, "--config", "-", ...image];
  const input = kindConfig({ name, mounts });
  // After its error come hundreds of lines of kubeadm's, and a trace.
  let said = "";
  const onLine = (line: string) => {
    if (said === "" && /^ERROR/.test(line)) said = `${line}\n`;
    report(`kind: ${line.replace(/^[\s•✓✗]+|[\s.…]+$/gu, "")}`);
  };
  try {
    const { code, complaint } = await run(command, { signal, input, onLine });
    if (code !== 0) throw kindFailed(`make the cluster ${name}`, said + complaint);
  } catch (error) {
    if (signal.aborted) {
      // kind removes the nodes of a run that failed, not of one that was interrupted.
      const limit = AbortSignal.timeout(callMs);
      await run(["kind", "delete", "cluster", "--name", name], { signal: limit }).catch(() => {});
    }
    throw error;
  }
  return clusterPart("made", contextOfKind(name));
}

function kindFailed(what: string, complaint: string): LabError {
  const lines = complaint.split("\n").map(line => line.trim());
  const error = lines.find(line => /^ERROR/.test(line)) ?? lines.at(-1) ?? "it said nothing";
  const reason = error.replace(/^ERROR:\s*/, "");
  const cannotPull = /failed to pull image|pull access denied|no such host|i\/o timeout/i.test(complaint);
  const isUnknownConfig = /unable to decode config|unknown apiVersion|invalid configuration/i.test(complaint);
  return new LabError("engine-unavailable", `kind cannot ${what}: ${reason}`, {
    hint: cannotPull
      ? "the node's image has to be pulled: look at the network, or name one that this machine has: --node-image NAME"
      : isUnknownConfig
        ? "this kind is too old or too new for the config; kind version tells which it is, v0.20 and newer are known to work"
        : "kind's own words are above; kind export logs tells more",
  });
}

async function startNodes(request: KindRequest, nodes: readonly Docker.ContainerInspectInfo[]): Promise<ClusterPart> {
  const { engine, signal, report, name } = request;
  const stopped = nodes.filter(({ State }) => !State.Running);
  for (const node of stopped) {
    report(`starting ${nodeName(node)}`);
    await callEngine({ what: `start ${nodeName(node)}`, deadlineMs: callMs, signal }, () =>
      engine.docker.getContainer(node.Id).start(),
    );
  }
  const detail = contextOfKind(name);
  if (stopped.length === 0) return clusterPart("there", detail);
  return clusterPart("changed", `${detail}; started again`);
}

async function tellNode(
  engine: Engine,
  node: Docker.ContainerInspectInfo,
  port: number,
  signal: AbortSignal,
): Promise<ClusterPart> {
  const container = engine.docker.getContainer(node.Id);
  const path = hostsFile(port);
  const text = hostsToml(`${registryName}:${registryPort}`);
  const name = `registry of ${nodeName(node)}`;
  if ((await readNodeFile(container, path, signal)) === text)
    return { kind: "node", name, state: "there", detail: path };
  await writeNodeFile(container, path, text, signal);
  return { kind: "node", name, state: "made", detail: path };
}

function apiOfKind({ name, namespace }: Pick<KindRequest, "name" | "namespace">): Promise<ClusterApi> {
  const options = { ...defaultKubernetesOptions, context: contextOfKind(name), namespace };
  return connectCluster(options).then(
    cluster => new ClusterApi(cluster),
    (error: unknown) => {
      if (!(error instanceof LabError)) throw error;
      throw new LabError(error.code, error.message, {
        hint: `kind writes it anew: kind export kubeconfig --name ${name}`,
        cause: error,
      });
    },
  );
}

/** The containers of a cluster's nodes, running or not. */
async function nodesOf(engine: Engine, name: string, signal: AbortSignal): Promise<Docker.ContainerInspectInfo[]> {
  const label = [`io.x-k8s.kind.cluster=${name}`];
  const call = { what: "list the nodes of kind", deadlineMs: callMs, signal };
  const list = await callEngine(call, () => engine.docker.listContainers({ all: true, filters: { label } }));
  return Promise.all(
    list.map(({ Id }) =>
      callEngine({ ...call, what: "look at a node" }, () => engine.docker.getContainer(Id).inspect()),
    ),
  );
}

async function otherClusters(engine: Engine, name: string, signal: AbortSignal): Promise<string[]> {
  const call = { what: "list the nodes of kind", deadlineMs: callMs, signal };
  const filters = { label: ["io.x-k8s.kind.cluster"] };
  const list = await callEngine(call, () => engine.docker.listContainers({ all: true, filters }));
  const names = new Set(list.map(({ Labels }) => Labels["io.x-k8s.kind.cluster"] ?? ""));
  names.delete(name);
  return [...names].sort();
}

function nodeName(node: Docker.ContainerInspectInfo): string {
  return node.Name.replace(/^\//, "");
}

function mountsOf(nodes: readonly Docker.ContainerInspectInfo[]): { local: string; node: string }[] {
  return (nodes[0]?.Mounts ?? [])
    .filter(({ Destination }) => Destination.startsWith("/kaniko-lab/"))
    .map(({ Source, Destination }) => ({ local: Source, node: Destination }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** @throws LabError `usage`: the mounts of a node are fixed when it is made. */
function checkMounts(name: string, nodes: readonly Docker.ContainerInspectInfo[], wanted: readonly NodeMount[]): void {
  const mounts = mountsOf(nodes);
  if (mounts.length === 0) {
    throw new LabError("usage", `there is a kind cluster ${name}, but kaniko-lab did not make it`, {
      hint: `use it as it is: kaniko-lab cluster up current --kube-context ${contextOfKind(name)}; or take another name: --name NAME`,
    });
  }
  const other = wanted.find(({ local, node }) => mounts.find(mount => mount.node === node)?.local !== local);
  if (other === undefined) return;
  const there = mounts.find(({ node }) => node === other.node)?.local ?? "nothing";
  throw new LabError("usage", `the kind cluster ${name} has ${there} at ${other.node}, not ${other.local}`, {
    hint: `mounts are fixed from the start: kaniko-lab cluster down kind --name ${name}, then up again; or --name NAME for another one`,
  });
}
