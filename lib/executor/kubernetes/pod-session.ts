import { setTimeout as pause } from "node:timers/promises";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { LabError } from "../../error.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { clusterError, LostConnection, mayPass, StatusError } from "./cluster-error.ts";
import { type ExecEnd, PodExec } from "./exec-in-pod.ts";
import { executorContainer } from "./pod-spec.ts";
import { troubleOf } from "./pod-trouble.ts";
import { WatchedPod } from "./watched-pod.ts";

/** How long a connection into the Pod is tried again: an API server that is restarted takes some 20 s. */
const patienceMs = 120_000;

/** A Pod that runs, and programs in it. What keeps it from running becomes an error that says what was being done. */
export class PodSession {
  readonly api: ClusterApi;
  readonly pod: string;
  readonly watched: WatchedPod;
  readonly signal: AbortSignal;

  constructor(api: ClusterApi, pod: string, signal: AbortSignal) {
    this.api = api;
    this.pod = pod;
    this.signal = signal;
    this.watched = new WatchedPod(api, pod, signal);
  }

  /** Waits for something in the Pod's state. @param during for the error: "while the context was sent" */
  async until<T>(during: string, check: (pod: V1Pod) => T | null): Promise<T> {
    try {
      return await this.watched.until(pod => check(pod) ?? this.#refuse(pod));
    } catch (error) {
      throw this.#lost(during, error);
    }
  }

  /** The Pod as it is now; null when that is not known yet. @throws LabError as `until` */
  now(during: string): V1Pod | null {
    try {
      this.watched.check();
      return this.watched.latest;
    } catch (error) {
      throw this.#lost(during, error);
    }
  }

  /** Whether a container has ended, and well. */
  hasSucceeded(container: string): boolean {
    return statusOf(this.watched.latest, container)?.state?.terminated?.exitCode === 0;
  }

  /**
   * Runs a program and gives its output to `use`, whose result comes back. A broken connection begins again from the start,
   * with a new call of `use`, as long as the Pod lives.
   * @throws LabError `engine-lost`; `executor-unavailable` when the program fails
   */
  async exec<T>(
    what: string,
    container: string,
    command: () => readonly string[],
    use: (exec: PodExec) => Promise<T>,
  ): Promise<T> {
    let awaySinceMs: number | null = null;
    for (let pauseMs = 300; ; pauseMs = Math.min(pauseMs * 2, 5000)) {
      this.signal.throwIfAborted();
      const startedMs = Date.now();
      try {
        return await this.#execOnce(container, command(), use);
      } catch (error) {
        this.signal.throwIfAborted();
        if (error instanceof ProgramFailed) {
          // A Pod that is being removed kills its programs first.
          await this.watched.refresh();
          await this.#stillThere(`while ${what}`, container);
          throw failed(what, error.end);
        }
        if (!(error instanceof LostConnection || mayPass(error))) throw this.#explained(what, error);
        // A transfer that went on for a while has shown that the cluster is there.
        if (awaySinceMs === null || startedMs - awaySinceMs > patienceMs) awaySinceMs = Date.now();
        await pause(pauseMs, undefined, { signal: this.signal }).catch(() => {});
        await this.#stillThere(`while ${what}`, container);
        if (Date.now() - awaySinceMs > patienceMs) throw this.#explained(what, error);
      }
    }
  }

  stop(): void {
    this.watched.stop();
  }

  async #execOnce<T>(container: string, command: readonly string[], use: (exec: PodExec) => Promise<T>): Promise<T> {
    const exec = await PodExec.open(this.api.cluster, { pod: this.pod, container }, command, this.signal);
    try {
      const succeeded = exec.ended.then(end => {
        if (end.code !== 0) throw new ProgramFailed(end);
      });
      const [result] = await Promise.all([use(exec), succeeded]).catch(async (error: unknown) => {
        // How the program ended says more than what its output, or the way to it, suffered from that.
        await Promise.race([succeeded, soon()]);
        throw error;
      });
      return result;
    } finally {
      exec.close();
    }
  }

  /** After a broken connection: was it the Pod? */
  async #stillThere(during: string, container: string): Promise<void> {
    await this.until(during, pod => {
      if (troubleOf(pod, [])?.isFinal) return null;
      const ended = statusOf(pod, container)?.state?.terminated;
      if (!ended) return true;
      throw new LabError(
        "engine-lost",
        `the container ${container} of the Pod ${this.pod} ended ${during}: ${ended.reason}`,
        {
          hint: ended.reason === "OOMKilled" ? "give it more memory, or another --helper-image" : "build again",
        },
      );
    });
  }

  #refuse(pod: V1Pod): null {
    const trouble = troubleOf(pod, []);
    if (trouble?.isFinal) throw new LabError(trouble.code, trouble.message, { hint: trouble.hint });
    return null;
  }

  #lost(during: string, error: unknown): unknown {
    this.signal.throwIfAborted();
    if (!(error instanceof LabError) || error.message.includes(during)) return error;
    return new LabError(error.code, `${error.message}, ${during}`, { hint: error.hint, cause: error });
  }

  #explained(what: string, error: unknown): unknown {
    if (error instanceof StatusError && error.status === 403) {
      return new LabError("engine-unavailable", `not allowed in the cluster: exec in Pods, for ${what}`, {
        hint: "ask for the right to create pods/exec, or see the other ways: --context-transport, --result-transport",
        cause: error,
      });
    }
    return clusterError(this.api.cluster, what, error);
  }
}

function statusOf(pod: V1Pod | null, container: string): V1ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod?.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
}

class ProgramFailed extends Error {
  readonly end: ExecEnd;

  constructor(end: ExecEnd) {
    super(end.complaint);
    this.end = end;
  }
}

/** The exit state of the executor's container; null while it runs. */
export function executorEnd(pod: V1Pod) {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === executorContainer);
  return status?.state?.terminated ?? null;
}

function failed(what: string, end: ExecEnd): LabError {
  const complaint = end.complaint.split("\n").slice(0, 3).join(" ").slice(0, 500).trim();
  if (/no space left on device|disk quota exceeded/i.test(complaint)) {
    return new LabError("disk-full", `no space left in the Pod: ${what}: ${complaint}`, {
      hint: "ask for more: --pod-request ephemeral-storage=10Gi, or give it a larger volume: --claim NAME",
    });
  }
  if (/read-only file system/i.test(complaint)) {
    return new LabError("engine-unavailable", `the claim cannot be written: ${what}: ${complaint}`, {
      hint: "give it one that can: --claim NAME; a folder that the node only reads is used where it lies: --host-path LOCAL=NODE",
    });
  }
  if (/executable file not found|no such file or directory.*exec|not found/i.test(complaint)) {
    return new LabError("executor-unavailable", `the helper's image lacks a program: ${what}: ${complaint}`, {
      hint: "it needs sh, tar, find, grep, xargs and chown: --helper-image busybox:1.37",
    });
  }
  return new LabError("executor-unavailable", `${what} failed in the Pod with ${end.code}: ${complaint}`, {
    hint: "look at the helper's image: it needs sh, tar, find, grep, xargs and chown",
  });
}

function soon(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1000));
}
