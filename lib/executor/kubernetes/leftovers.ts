import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import { LabError } from "../../error.ts";
import { ClusterApi } from "./cluster-api.ts";
import { StatusError } from "./cluster-error.ts";
import { type Cluster, configPlace, connectCluster } from "./connect-cluster.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { removeOne } from "./owned-pod.ts";
import { isKept, isOrphan, ownSelector } from "./pod-labels.ts";

/** Something that a process of this machine made in a cluster and did not live to remove. */
export interface Leftover {
  readonly kind: "pods" | "jobs" | "secrets";
  readonly namespace: string;
  readonly name: string;
  /** Somebody may have wanted to look at it. */
  readonly isKept: boolean;
}

const kinds = ["jobs", "pods", "secrets"] as const;

/** Namespaces of a cluster where this process has looked: others end seldom while it runs many builds. */
const looked = new WeakMap<Cluster["config"], Set<string>>();

/** Removes what is left in the build's namespace. Never fails: it is a service to later. */
export async function removeLeftovers(api: ClusterApi, signal: AbortSignal): Promise<void> {
  const namespaces = looked.get(api.cluster.config) ?? new Set();
  looked.set(api.cluster.config, namespaces);
  if (namespaces.has(api.cluster.namespace)) return;
  namespaces.add(api.cluster.namespace);
  const found = await Promise.all(kinds.map(kind => list(api, kind, api.cluster.namespace, signal).catch(() => [])));
  await removeAll(
    api,
    found.flat().filter(({ isKept }) => !isKept),
  );
}

/**
 * What is left in a cluster: in the namespace of the options, without one in all of them, or where this user may not list
 * those, in that of the context. Empty without a kubeconfig.
 * @throws LabError `engine-unavailable`, `engine-lost`, `usage`, `config-invalid`
 */
export async function findLeftovers(options: KubernetesOptions, signal: AbortSignal): Promise<Leftover[]> {
  if (configPlace(process.env) === null) return [];
  const api = new ClusterApi(await connectCluster(options));
  const found = await Promise.all(
    kinds.map(async kind => {
      try {
        return await list(api, kind, options.namespace, signal);
      } catch (error) {
        if (!(error instanceof StatusError && error.status === 403)) throw error;
        // What may not be listed here either cannot have been made by this user.
        return list(api, kind, api.cluster.namespace, signal).catch(() => []);
      }
    }),
  ).catch((error: Error) => {
    throw error instanceof LabError ? error : new LabError("engine-unavailable", error.message, { cause: error });
  });
  return found.flat();
}

/** @returns what is gone now */
export async function removeFound(options: KubernetesOptions, leftovers: readonly Leftover[]): Promise<Leftover[]> {
  return removeAll(new ClusterApi(await connectCluster(options)), leftovers);
}

async function removeAll(api: ClusterApi, leftovers: readonly Leftover[]): Promise<Leftover[]> {
  const results = await Promise.allSettled(
    leftovers.map(async leftover => {
      await removeOne(api, api.path(leftover.kind, leftover.name, leftover.namespace), 10_000);
      return leftover;
    }),
  );
  return results.flatMap(result => (result.status === "fulfilled" ? [result.value] : []));
}

/** @param namespace null for all @throws StatusError, LostConnection */
async function list(
  api: ClusterApi,
  kind: Leftover["kind"],
  namespace: string | null,
  signal: AbortSignal,
): Promise<Leftover[]> {
  const path = namespace === null ? api.pathInAll(kind) : api.path(kind, undefined, namespace);
  const call = { what: `list ${kind}`, path, query: { labelSelector: ownSelector }, signal, patienceMs: 0 };
  const { items } = await api.ask<KubernetesListObject<KubernetesObject>>(call);
  return items.flatMap(({ metadata }) => {
    if (!isOrphan(metadata) || metadata?.deletionTimestamp) return [];
    return [{ kind, namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", isKept: isKept(metadata) }];
  });
}
