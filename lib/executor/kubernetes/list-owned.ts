/** What this program made in a cluster and is there now, in use or left over: to look at, and to remove by hand. */

import type { KubernetesListObject, V1Job, V1Pod } from "@kubernetes/client-node";
import { ClusterApi } from "./cluster-api.ts";
import { clusterError, StatusError } from "./cluster-error.ts";
import { connectCluster } from "./connect-cluster.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { removeOne } from "./owned-pod.ts";
import { type OwnedThing, ofJob, ofPod } from "./owned-thing.ts";
import { ownSelector } from "./pod-labels.ts";

export interface OwnedListing {
  readonly contextName: string;
  /** Newest first. */
  readonly things: readonly OwnedThing[];
  /** What this account may not list; the rest is there. */
  readonly unseen: readonly OwnedThing["kind"][];
}

const removeMs = 10_000;

/** A cluster, asked for what is ours in it. */
export class OwnedThings {
  readonly #api: ClusterApi;

  private constructor(api: ClusterApi) {
    this.#api = api;
  }

  /** @throws LabError `engine-unavailable` without a kubeconfig, `config-invalid`, `usage` */
  static async connect(options: KubernetesOptions): Promise<OwnedThings> {
    return new OwnedThings(new ClusterApi(await connectCluster(options)));
  }

  /**
   * In all namespaces, or where this user may not list those, in the chosen one.
   * @throws LabError `engine-lost`; `engine-unavailable` when nothing may be listed
   */
  async list(signal: AbortSignal): Promise<OwnedListing> {
    const pods = await this.#list<V1Pod>("pods", signal);
    const jobs = await this.#list<V1Job>("jobs", signal);
    if (pods instanceof StatusError && jobs instanceof StatusError)
      throw clusterError(this.#api.cluster, "list pods", pods);
    const things = [
      ...(jobs instanceof StatusError ? [] : jobs.map(job => ofJob(job))),
      ...(pods instanceof StatusError ? [] : pods.map(pod => ofPod(pod))),
    ].sort((one, other) => ((one.createdAt ?? "") < (other.createdAt ?? "") ? 1 : -1));
    const unseen = [
      ...(pods instanceof StatusError ? (["pods"] as const) : []),
      ...(jobs instanceof StatusError ? (["jobs"] as const) : []),
    ];
    return { contextName: this.#api.cluster.contextName, things, unseen };
  }

  /** @returns the error where this account may not */
  async #list<Item>(kind: OwnedThing["kind"], signal: AbortSignal): Promise<readonly Item[] | StatusError> {
    const ask = (path: string) =>
      this.#api.ask<KubernetesListObject<never> & { items: Item[] }>({
        what: `list ${kind}`,
        path,
        query: { labelSelector: ownSelector },
        signal,
        patienceMs: 0,
      });
    try {
      const inAll = ask(this.#api.pathInAll(kind)).catch(error => {
        if (error instanceof StatusError && error.status === 403) return ask(this.#api.path(kind));
        throw error;
      });
      return (await inAll).items;
    } catch (error) {
      if (error instanceof StatusError && error.status === 403) return error;
      throw clusterError(this.#api.cluster, `list ${kind}`, error);
    }
  }

  /** The last lines that a Pod's executor printed. */
  async lastLines({ namespace, name, container }: OwnedThing, signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#api.stream({
      what: "read the log",
      path: `${this.#api.path("pods", name, namespace)}/log`,
      query: { container, tailLines: mostLines, limitBytes: mostBytes },
      signal,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks)
      .toString("utf8")
      .split("\n")
      .filter(line => line !== "");
  }

  /** What is gone already is well removed; what a Job made goes with it. */
  async remove({ kind, namespace, name }: Pick<OwnedThing, "kind" | "namespace" | "name">): Promise<void> {
    await removeOne(this.#api, this.#api.path(kind, name, namespace), removeMs);
  }
}

const mostLines = 200;
const mostBytes = 256 * 1024;
