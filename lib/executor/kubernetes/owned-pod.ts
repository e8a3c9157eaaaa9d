import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { CoreV1EventList, V1Job, V1Pod, V1PodList } from "@kubernetes/client-node";
import { LabError, messageOf } from "../../error.ts";
import type { ReportPreparing } from "../preparing.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { clusterError, limitHint, StatusError } from "./cluster-error.ts";
import { ownerAnnotations, runLabels, runSelector } from "./pod-labels.ts";
import type { PodPlan } from "./pod-spec.ts";

/** What a run wants to be made, under the names that it gets. */
export interface PodOrder {
  readonly kind: "pods" | "jobs";
  readonly document: (names: PodNames) => V1Pod | V1Job;
  /** Of the executor; values may be secret. */
  readonly env: Readonly<Record<string, string>>;
  /** How long the Pod may take to start. */
  readonly startSeconds: number;
  readonly report: ReportPreparing;
}

export type PodNames = Pick<PodPlan, "name" | "namespace" | "labels" | "annotations" | "environmentSecret">;

const createMs = 20_000;
/** How often it is tried again where a quota has no room. */
const roomEveryMs = 1500;
const removeMs = 4000;
const unhurriedMs = 60_000;

/**
 * Everything that one run makes in a cluster, from before its creation to its removal: a Pod or a Job, and a Secret for the
 * executor's environment. Names are of our choice, so it can be removed even when an answer never came.
 */
export class OwnedPod {
  readonly run = randomBytes(6).toString("hex");
  readonly name = `kaniko-lab-${this.run}`;
  readonly #api: ClusterApi;
  readonly #signal: AbortSignal;
  #made: { path: string; what: string }[] = [];
  #removing: Promise<void> | null = null;
  #podName = this.name;
  #isJobWithoutPod = false;

  readonly #keep: boolean;

  /** @param keep whether it may be left for looking */
  constructor(api: ClusterApi, signal: AbortSignal, keep = false) {
    this.#api = api;
    this.#signal = signal;
    this.#keep = keep;
  }

  /** A Job's Pod has a name of the cluster's choice. */
  get podName(): string {
    return this.#podName;
  }

  /** Whether there is something to look at: a Pod that never starts tells why in its events, one that is gone does not. */
  isLeftBy(error: unknown): boolean {
    return this.#made.length > 0 && error instanceof LabError && error.code === "executor-unavailable";
  }

  /**
   * Where a quota has no room just now, it waits until other Pods have ended.
   * @throws LabError
   */
  async create(order: PodOrder): Promise<void> {
    const metadata = {
      name: this.name,
      namespace: this.#api.cluster.namespace,
      labels: runLabels(this.run),
      annotations: ownerAnnotations(this.#keep),
    };
    const environmentSecret = Object.keys(order.env).length === 0 ? null : this.name;
    if (environmentSecret !== null) {
      // Values never stand in the Pod's own document: more people may read that.
      const secret = { apiVersion: "v1", kind: "Secret", metadata, stringData: order.env, immutable: true };
      await this.#make("secrets", secret, order);
    }
    await this.#make(order.kind, order.document({ ...metadata, environmentSecret }), order);
    if (order.kind === "jobs") this.#podName = await this.#podOfJob(order);
    if (environmentSecret !== null) await this.#tieSecret();
  }

  async #make(kind: "pods" | "jobs" | "secrets", document: unknown, order: PodOrder): Promise<void> {
    const what = `create ${kind} in the namespace ${this.#api.cluster.namespace}`;
    const made = { path: this.#api.path(kind, this.name), what: `the ${kind.slice(0, -1)} ${this.name}` };
    this.#made.push(made);
    const call = { what, method: "POST", path: this.#api.path(kind), body: document, patienceMs: createMs } as const;
    const giveUpAt = Date.now() + order.startSeconds * 1000;
    for (;;) {
      try {
        await this.#api.ask({ ...call, signal: this.#signal });
        return;
      } catch (error) {
        // An answer that was lost: it had been made, as nobody else has that name.
        if (error instanceof StatusError && error.reason === "AlreadyExists") return;
        const isFull = error instanceof StatusError && error.status === 403 && isQuotaInUse(error.message);
        if (!isFull || Date.now() > giveUpAt) {
          if (error instanceof StatusError) this.#made = this.#made.filter(one => one !== made);
          throw clusterError(this.#api.cluster, what, error);
        }
        order.report(quotaWords(error.message));
        await pause(roomEveryMs, undefined, { signal: this.#signal }).catch(() => {});
        this.#signal.throwIfAborted();
      }
    }
  }

  async #podOfJob({ startSeconds, report }: PodOrder): Promise<string> {
    const giveUpAt = Date.now() + startSeconds * 1000;
    let why = "";
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, roomEveryMs)) {
      const list = await this.#api.call<V1PodList>({
        what: "find the Pod of the Job",
        path: this.#api.path("pods"),
        query: { labelSelector: `${runSelector(this.run)},job-name=${this.name}` },
        signal: this.#signal,
      });
      const name = list.items[0]?.metadata?.name;
      if (name) return name;
      // The first looks come before the cluster has had time for anything.
      if (pauseMs > 400) why = await this.#refusalOfJob();
      if (why !== "" && isQuotaInUse(why)) report(quotaWords(why));
      const isFinal =
        /is forbidden|is invalid/.test(why) && !isQuotaInUse(why) && !/looking up service account/.test(why);
      if (isFinal || Date.now() > giveUpAt) {
        this.#isJobWithoutPod = true;
        throw new LabError("engine-unavailable", `the Job ${this.name} made no Pod${why === "" ? "" : `: ${why}`}`, {
          hint: limitHint(why) ?? "kubectl describe job tells why: often a quota or a policy of the namespace",
        });
      }
      await pause(pauseMs, undefined, { signal: this.#signal }).catch(() => {});
      this.#signal.throwIfAborted();
    }
  }

  /** What kept the Job from making its Pod, as far as its events may be read; "" when nothing is said. */
  async #refusalOfJob(): Promise<string> {
    const query = { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${this.name},reason=FailedCreate` };
    const call = { what: "list events", path: this.#api.path("events"), query, signal: this.#signal, patienceMs: 0 };
    const list = await this.#api.ask<CoreV1EventList>(call).catch(() => null);
    return (list?.items.at(-1)?.message ?? "").replace(/^Error creating: /, "");
  }

  /** The Secret goes with the Pod, whoever removes that. */
  async #tieSecret(): Promise<void> {
    const look = { what: "look at the Pod", path: this.#api.path("pods", this.podName), signal: this.#signal };
    const uid = (await this.#api.ask<V1Pod>(look).catch(() => null))?.metadata?.uid;
    if (uid === undefined) return;
    const owner = { apiVersion: "v1", kind: "Pod", name: this.podName, uid };
    const body = { metadata: { ownerReferences: [owner] } };
    const path = this.#api.path("secrets", this.name);
    // We remove it ourselves in the end: without the right to change it all is well, too.
    await this.#api.ask({ what: "", method: "PATCH", path, body, signal: this.#signal, patienceMs: 0 }).catch(() => {});
  }

  /**
   * Leaves everything where it is.
   * @param container whose log tells most; null when nothing has started
   * @returns what to tell the user
   */
  leave(container: string | null): string {
    this.#removing ??= Promise.resolve();
    const { namespace } = this.#api.cluster;
    const pod = `${this.podName} -n ${namespace}`;
    const all = `pods,jobs,secrets -n ${namespace} -l ${runSelector(this.run)}`;
    return [
      `the Pod ${this.podName} was left; it may hold credentials`,
      `look at it: kubectl describe pod ${pod}${container === null ? "" : `; kubectl logs ${pod} -c ${container}`}`,
      `remove it: kubectl delete ${all}, or kaniko-lab doctor --fix`,
    ].join("\n");
  }

  /**
   * What to tell the user of a Job that made no Pod, else null. It is not left for looking: it would make its Pod when the
   * cluster lets it, and that would build and push with nobody there.
   */
  get notLeft(): string | null {
    if (!this.#isJobWithoutPod) return null;
    const { namespace } = this.#api.cluster;
    return [
      `the Job ${this.name} is not left: it made no Pod to look at, and would build later, when it can`,
      `look at its events: kubectl get events -n ${namespace} --field-selector involvedObject.name=${this.name}`,
    ].join("\n");
  }

  /**
   * Removes everything; the same promise for all who ask.
   * @param hurry within five seconds, whatever the cluster does
   * @throws LabError `engine-lost` saying what may be left.
   */
  remove(hurry: boolean): Promise<void> {
    this.#removing ??= this.#remove(hurry ? removeMs : unhurriedMs);
    return this.#removing;
  }

  async #remove(limitMs: number): Promise<void> {
    const results = await Promise.allSettled(this.#made.map(({ path }) => removeOne(this.#api, path, limitMs)));
    const failed = results.flatMap((result, at) =>
      result.status === "rejected" ? [{ made: this.#made[at], reason: result.reason as unknown }] : [],
    );
    if (failed.length === 0) return;
    const what = failed.map(({ made }) => made?.what).join(" and ");
    throw new LabError("engine-lost", `${what} may be left in the cluster: ${messageOf(failed[0]?.reason)}`, {
      hint: `when it answers again: kubectl delete pods,jobs,secrets -l ${runSelector(this.run)} -n ${this.#api.cluster.namespace}`,
      cause: failed[0]?.reason,
    });
  }
}

/** Whether the quota is full of what will end: a Pod that is too large for an empty one never fits. */
function isQuotaInUse(message: string): boolean {
  if (!/exceeded quota/.test(message)) return false;
  const used = /used: (.*?), limited:/.exec(message)?.[1] ?? "";
  return used.split(",").some(amount => !/=0$/.test(amount));
}

function quotaWords(message: string): string {
  return `waiting for room in the namespace: ${message.slice(message.indexOf("exceeded quota"))}`;
}

/** What is gone already is well removed. */
export async function removeOne(api: ClusterApi, path: string, limitMs: number): Promise<void> {
  const query = { gracePeriodSeconds: 1, propagationPolicy: "Background" };
  const limit = AbortSignal.timeout(limitMs);
  try {
    await api.ask({ what: "remove it", method: "DELETE", path, query, signal: limit, patienceMs: limitMs });
  } catch (error) {
    if (!(error instanceof StatusError && error.status === 404)) throw error;
  }
}
