/**
 * The folders of this machine on a node of minikube. A `minikube mount` serves each of them and has to go on running; the node
 * forgets them when it is started again, also where those processes live on, so that it is asked, too.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { isAlive, type ProcessIdentity } from "../store/process-identity.ts";
import { type ClusterPart, mountPart, type ReportCluster } from "./cluster-part.ts";
import { mountFlags, type NodeMount } from "./lab-folders.ts";
import type { RunProgram } from "./run-program.ts";

/** A mount that was made here, and the process that serves it. */
export const keptMountForm = z.object({
  mount: z.object({ local: z.string(), node: z.string(), readOnly: z.boolean() }),
  process: z.object({ pid: z.int(), startTicks: z.nullable(z.string()), host: z.string() }),
});
export type KeptMount = z.infer<typeof keptMountForm>;

export interface MountRequest {
  /** minikube's profile. */
  readonly name: string;
  /** For what the processes say. */
  readonly stateFolder: string;
  readonly run: RunProgram;
  readonly startMount: StartMount;
  readonly report: ReportCluster;
  readonly signal: AbortSignal;
}

/** Starts a `minikube mount` that outlives this process; resolves when the node has the folder. */
export type StartMount = (command: readonly string[], logFile: string, signal: AbortSignal) => Promise<ProcessIdentity>;

/** Those of the mounts that the node has and that answer there. */
export async function answeringMounts(
  { name, run, signal }: Pick<MountRequest, "name" | "run" | "signal">,
  mounts: readonly KeptMount[],
): Promise<ReadonlySet<string>> {
  if (mounts.length === 0) return new Set();
  const folders = mounts.map(({ mount }) => mount.node);
  // A folder whose server is gone is still in the node's table; to look at its file system fails, or takes for ever.
  const look = `timeout 10 stat -f -c '%t %n' ${folders.join(" ")} 2>/dev/null`;
  const { stdout } = await run(["minikube", "ssh", "--profile", name, "--", look], { signal });
  const lines = stdout.split("\n").map(line => line.trim());
  return new Set(folders.filter(folder => lines.includes(`${nineP} ${folder}`)));
}

/** The magic number of the kernel's 9p file system: its name differs between programs called stat. */
const nineP = "1021997";

/** Whether the mounts are as they were made. */
export async function lookAtMounts(
  request: Pick<MountRequest, "name" | "run" | "signal">,
  mounts: readonly KeptMount[],
  nodeRuns: boolean,
): Promise<ClusterPart[]> {
  const answering = nodeRuns ? await answeringMounts(request, mounts) : new Set<string>();
  return mounts.map(({ mount, process }) => {
    if (!isAlive(process)) return mountPart(mount, "missing", "its minikube mount has ended");
    return answering.has(mount.node) ? mountPart(mount, "there") : mountPart(mount, "missing", "the node has lost it");
  });
}

/** A process for the mount; `known` is what an earlier run made for the same folder of the node. */
export async function ensureMount(
  request: MountRequest,
  mount: NodeMount,
  known: KeptMount | undefined,
  answering: ReadonlySet<string>,
): Promise<{ part: ClusterPart; kept: KeptMount | null }> {
  const { name, startMount, stateFolder, report, signal } = request;
  if (known && isAlive(known.process)) {
    if (known.mount.local === mount.local && answering.has(mount.node))
      return { part: mountPart(mount, "there"), kept: known };
    await endMount(known);
  }
  report(`minikube mounts ${mount.local}`);
  const command = ["minikube", "mount", "--profile", name, ...mountFlags, `${mount.local}:${mount.node}`];
  try {
    const process = await startMount(command, mountLog({ name, stateFolder }, mount), signal);
    return { part: mountPart(mount, known ? "changed" : "made"), kept: { mount: { ...mount }, process } };
  } catch (error) {
    if (!(error instanceof LabError) || !cannotMount.test(error.message)) throw error;
    // Builds are sent their files all the same, and claims have folders of the node.
    return { part: mountPart(mount, "missing", error.message), kept: null };
  }
}

/** What the mount's process says. */
export function mountLog({ name, stateFolder }: Pick<MountRequest, "name" | "stateFolder">, mount: NodeMount): string {
  return join(stateFolder, `${name}-${mount.node.split("/").at(-1)}.log`);
}

/** A kernel without 9p, or a driver whose node is this machine: no run of it will have mounts. */
const cannotMount = /HOST_UNSUPPORTED|does not support filesystem|driver does not support|not currently implemented/;

/** How long the process may take to take its folder from the node; the node may be gone. */
const graceMs = 15_000;
const lookEveryMs = 100;

/** Resolves when its process has ended: it unmounts the folder of the node, also where another one is mounted by then. */
export async function endMount({ process: identity }: KeptMount): Promise<void> {
  const giveUpAt = Date.now() + graceMs;
  signalGroup(identity.pid, "SIGTERM");
  while (isAlive(identity)) {
    if (Date.now() > giveUpAt) {
      signalGroup(identity.pid, "SIGKILL");
      return;
    }
    await pause(lookEveryMs);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    // It is the leader of its group.
    process.kill(-pid, signal);
  } catch {
    // It has just ended.
  }
}
