import { setTimeout as pause } from "node:timers/promises";
import type { V1NodeList } from "@kubernetes/client-node";
import { LabError } from "../error.ts";
import type { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { clusterError, StatusError } from "../executor/kubernetes/cluster-error.ts";
import type { ReportCluster } from "./cluster-part.ts";

const usableWithinMs = 180_000;
const lookEveryMs = 1000;

/**
 * Whose user asks. In a cluster of kind or minikube the user may do everything; a server that has just started refuses it
 * until it has read who may do what. In a shared cluster a refusal stays one.
 */
export type ClusterUser = "admin" | "guest";

/**
 * Waits until a Pod could be made: every node is ready, and the namespace has its service account, without which none is taken.
 * @throws LabError `engine-unavailable` saying what is not ready; as `ClusterApi.call`
 */
export async function waitUntilUsable(
  api: ClusterApi,
  user: ClusterUser,
  report: ReportCluster,
  signal: AbortSignal,
  withinMs = usableWithinMs,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const missing = await whatIsMissing(api, user, signal);
    if (missing === null) return;
    report(`waiting for the cluster: ${missing}`);
    if (Date.now() > giveUpAt) {
      throw new LabError("engine-unavailable", `the cluster is not usable after ${withinMs / 1000} s: ${missing}`, {
        hint: "kubectl describe node tells more; run this again to go on waiting",
      });
    }
    await pause(lookEveryMs, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  }
}

/** Null when it is usable. @throws LabError as `ClusterApi.call` */
export async function whatIsMissing(api: ClusterApi, user: ClusterUser, signal: AbortSignal): Promise<string | null> {
  return (await unreadyNode(api, user, signal)) ?? (await missingAccount(api, signal));
}

async function unreadyNode(api: ClusterApi, user: ClusterUser, signal: AbortSignal): Promise<string | null> {
  const call = { what: "list nodes", path: api.pathInAll("nodes"), signal };
  const items = await api.ask<V1NodeList>(call).then(
    list => list.items,
    (error: unknown) => {
      // Who may not see the nodes of a shared cluster is no worse off for that.
      if (error instanceof StatusError && error.status === 403) return null;
      throw clusterError(api.cluster, call.what, error);
    },
  );
  if (items === null) return user === "admin" ? "its server has just started" : null;
  if (items.length === 0) return "it has no node yet";
  for (const { metadata, status } of items) {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    if (ready?.status === "True") continue;
    return `node ${metadata?.name ?? ""} is not ready: ${ready?.message ?? "it has just started"}`;
  }
  return null;
}

async function missingAccount(api: ClusterApi, signal: AbortSignal): Promise<string | null> {
  const what = "look for the namespace's service account";
  try {
    await api.ask({ what, path: api.path("serviceaccounts", "default"), signal });
    return null;
  } catch (error) {
    if (!(error instanceof StatusError && error.status === 404)) {
      if (error instanceof StatusError && error.status === 403) return null;
      throw clusterError(api.cluster, what, error);
    }
  }
  // A namespace that is not there has none either, and will get none.
  await api.call({
    what: `look at the namespace ${api.cluster.namespace}`,
    path: `/api/v1/namespaces/${encodeURIComponent(api.cluster.namespace)}`,
    signal,
  });
  return "the service account default is not there yet";
}
