/**
 * A cluster of minikube with the lab's folders and its registry addon. What is kept of it beside minikube's own state: what
 * was made here, and the processes of `minikube mount`, which have to go on running.
 */

import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { connectCluster } from "../executor/kubernetes/connect-cluster.ts";
import { defaultKubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import { findProgram } from "../executor/sandbox/processes.ts";
import { isAlive } from "../store/process-identity.ts";
import { storeError } from "../store/store-error.ts";
import { removeObjects } from "./cluster-objects.ts";
import { type ClusterPart, clusterPart, mountPart } from "./cluster-part.ts";
import { type LabFolders, nodeMounts } from "./lab-folders.ts";
import {
  answeringMounts,
  endMount,
  ensureMount,
  keptMountForm,
  lookAtMounts,
  type MountRequest,
  mountLog,
} from "./minikube-mounts.ts";
import type { RunProgram } from "./run-program.ts";
import { waitUntilUsable, whatIsMissing } from "./wait-usable.ts";

/** What is kept between runs is in `stateFolder`. */
export interface MinikubeRequest extends MountRequest {
  readonly folders: LabFolders;
  readonly namespace: string | null;
  readonly onPart: (part: ClusterPart) => void;
}

/** From inside of the cluster; on the node it is localhost:5000. */
export const minikubeRegistry = "registry.kube-system.svc.cluster.local";

export async function missingForMinikube(): Promise<string[]> {
  return (await findProgram("minikube")) === null ? ["minikube"] : [];
}

/** @throws LabError `engine-unavailable` with what minikube says, `cancelled` */
export async function minikubeUp(request: MinikubeRequest): Promise<ClusterApi> {
  const { name, onPart, signal, report, folders } = request;
  try {
    for (const folder of [folders.cache, folders.baseImages, request.stateFolder])
      await mkdir(folder, { recursive: true });
  } catch (error) {
    throw storeError(error, folders.cache);
  }
  const state = await readState(request);
  onPart(await ensureProfile(request, state));
  onPart(await ensureAddon(request, state));
  const answering = await answeringMounts(request, state.mounts);
  for (const mount of nodeMounts(folders)) {
    const known = state.mounts.find(other => other.mount.node === mount.node);
    const { part, kept } = await ensureMount(request, mount, known, answering);
    if (kept !== known) {
      const at = known ? state.mounts.indexOf(known) : state.mounts.length;
      state.mounts = state.mounts.toSpliced(at, 1, ...(kept === null ? [] : [kept]));
      await keepState(request, state);
    }
    onPart(part);
  }
  const api = await apiOf(request);
  report(`waiting for the cluster ${name}`);
  await waitUntilUsable(api, "admin", report, signal);
  return api;
}

export async function minikubeStatus(
  request: Pick<MinikubeRequest, "name" | "stateFolder" | "namespace" | "run" | "signal">,
): Promise<{ parts: ClusterPart[]; api: ClusterApi | null }> {
  const { name, signal } = request;
  const profile = await profileState(request);
  const api = profile === "running" ? await apiOf(request) : null;
  const missing = api === null ? profile : await whatIsMissing(api, "admin", signal);
  const detail = `minikube profile ${name}`;
  const parts: ClusterPart[] = [
    missing === null ? clusterPart("there", detail) : clusterPart("missing", `${detail}: ${missing}`),
  ];
  const state = await readState(request);
  parts.push(...(await lookAtMounts(request, state.mounts, profile === "running")));
  return { parts, api };
}

/** Ends the mounts, and removes the profile where it was made here; of another one what was put into it. */
export async function minikubeDown(
  request: Pick<MinikubeRequest, "name" | "stateFolder" | "namespace" | "run" | "report" | "signal">,
): Promise<ClusterPart[]> {
  const { name, run, report, signal } = request;
  const state = await readState(request);
  const parts: ClusterPart[] = [];
  const living = state.mounts.filter(({ process }) => isAlive(process));
  if (living.length > 0) report("ending the mounts");
  await Promise.all(living.map(endMount));
  for (const { mount } of living) parts.push(mountPart(mount, "removed"));
  if (state.madeProfile) {
    report(`removing the minikube profile ${name}`);
    await mustRun(run, ["minikube", "delete", "--profile", name], "remove the cluster", signal);
    parts.push(clusterPart("removed", `minikube profile ${name}, with all that was in it`));
  } else if ((await profileState(request)) === "running") {
    parts.push(...(await removeObjects(await apiOf(request), signal)));
    if (state.madeAddon) {
      const command = ["minikube", "addons", "disable", "registry", "--profile", name];
      await mustRun(run, command, "take the registry addon away", signal);
      parts.push({ kind: "registry", name: "registry", state: "removed", detail: "minikube's addon" });
    }
    const detail = `kaniko-lab did not make the minikube profile ${name}`;
    parts.push(clusterPart("kept", detail));
  }
  for (const { mount } of state.mounts) await rm(mountLog(request, mount), { force: true });
  await rm(stateFile(request), { force: true });
  return parts;
}

const stateForm = z.object({
  madeProfile: z.boolean(),
  madeAddon: z.boolean(),
  mounts: z.array(keptMountForm),
});
type State = z.infer<typeof stateForm>;

function stateFile({ stateFolder, name }: Pick<MinikubeRequest, "stateFolder" | "name">): string {
  return join(stateFolder, `${name}.json`);
}

async function readState(request: Pick<MinikubeRequest, "stateFolder" | "name">): Promise<State> {
  const text = await readFile(stateFile(request), "utf8").catch(() => "{}");
  const parsed = stateForm.safeParse(parseOrNull(text));
  return parsed.success ? parsed.data : { madeProfile: false, madeAddon: false, mounts: [] };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** At once after each thing that was made: the process may be ended before the next. */
async function keepState(request: MinikubeRequest, state: State): Promise<void> {
  await writeFileAtomic(stateFile(request), `${JSON.stringify(state)}\n`);
}

async function ensureProfile(request: MinikubeRequest, state: State): Promise<ClusterPart> {
  const { name, run, report, signal } = request;
  const detail = `minikube profile ${name}`;
  const before = await profileState(request);
  if (before === "running") return clusterPart("there", detail);
  if (before === "missing") {
    state.madeProfile = true;
    await keepState(request, state);
  }
  report("minikube starts");
  const onLine = (line: string) => report(`minikube: ${line.trim()}`);
  const { code, complaint, stdout } = await run(["minikube", "start", "--profile", name], { signal, onLine });
  if (code !== 0) throw minikubeFailed("start", complaint || stdout);
  if (before === "missing") return clusterPart("made", detail);
  return clusterPart("changed", `${detail}; started again`);
}

async function ensureAddon(request: MinikubeRequest, state: State): Promise<ClusterPart> {
  const { name, run, report, signal } = request;
  const detail = `localhost:5000 on the node; inside of Pods ${minikubeRegistry}`;
  const list = await run(["minikube", "addons", "list", "--profile", name, "--output", "json"], { signal });
  const addons = documentsOf(list.stdout).find(document => "registry" in document) as Addons | undefined;
  if (addons?.registry?.Status === "enabled") return { kind: "registry", name: "registry", state: "there", detail };
  report("minikube enables its registry");
  state.madeAddon = true;
  await keepState(request, state);
  const command = ["minikube", "addons", "enable", "registry", "--profile", name];
  await mustRun(run, command, "enable the registry addon", signal);
  return { kind: "registry", name: "registry", state: "made", detail };
}

async function profileState(
  request: Pick<MinikubeRequest, "name" | "run" | "signal">,
): Promise<"running" | "stopped" | "missing"> {
  const { name, run, signal } = request;
  // Its exit status is a sum of bits, for the parts that do not run.
  const { stdout, code, complaint } = await run(["minikube", "status", "--profile", name, "--output", "json"], {
    signal,
  });
  const node = documentsOf(stdout).find((document): document is NodeStatus => "Host" in document);
  if (node === undefined) {
    if (code === notFound) return "missing";
    throw minikubeFailed("tell its status", complaint || stdout);
  }
  if (node.Host === "Nonexistent") return "missing";
  return node.Host === "Running" && (node.APIServer ?? "Running") === "Running" ? "running" : "stopped";
}

/** minikube's exit status for a profile that is not there. */
const notFound = 85;

interface NodeStatus {
  readonly Host?: string;
  readonly APIServer?: string;
}

type Addons = Readonly<Record<string, { readonly Status?: string } | undefined>>;

/** What minikube has to tell beside, as of a newer version, is a line of JSON, too. */
function documentsOf(stdout: string): object[] {
  return stdout
    .split("\n")
    .flatMap(line => parseOrNull(line))
    .filter(document => typeof document === "object" && document !== null);
}

async function mustRun(run: RunProgram, command: readonly string[], what: string, signal: AbortSignal): Promise<void> {
  const { code, complaint, stdout } = await run(command, { signal });
  if (code !== 0) throw minikubeFailed(what, complaint || stdout);
}

export function minikubeFailed(what: string, complaint: string): LabError {
  const lines = complaint.split("\n").map(line => line.trim());
  const reason = lines.find(line => /Exiting due to|^X /.test(line)) ?? lines.findLast(line => line !== "");
  return new LabError("engine-unavailable", `minikube cannot ${what}: ${reason ?? "it said nothing"}`, {
    hint: "minikube's own words are above; minikube logs tells more",
  });
}

function apiOf({ name, namespace }: Pick<MinikubeRequest, "name" | "namespace">): Promise<ClusterApi> {
  return connectCluster({ ...defaultKubernetesOptions, context: name, namespace }).then(
    cluster => new ClusterApi(cluster),
  );
}
