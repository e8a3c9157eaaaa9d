/** A Pod or Job of ours as the cluster tells of it, for lists of them. Pure. */

import type { V1ContainerStatus, V1Job, V1Pod } from "@kubernetes/client-node";
import { isOrphan } from "./pod-labels.ts";

export interface OwnedThing {
  readonly kind: "pods" | "jobs";
  readonly namespace: string;
  readonly name: string;
  /** As Kubernetes calls it; of a container that waits or has ended its reason. */
  readonly state: string;
  /** ISO 8601. */
  readonly createdAt: string | null;
  /** Node and image, one line. */
  readonly detail: string;
  /** The one whose log is worth reading: the executor's; another stands beside it. Empty for a Job. */
  readonly container: string;
  /** The process of this machine that made it has certainly ended. */
  readonly isLeft: boolean;
}

export function ofPod({ metadata, spec, status }: V1Pod): OwnedThing {
  const containers = status?.containerStatuses ?? [];
  const image = spec?.containers[0]?.image ?? "";
  return {
    kind: "pods",
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "",
    state: metadata?.deletionTimestamp ? "Terminating" : (troubleOf(containers) ?? status?.phase ?? "Unknown"),
    createdAt: isoOf(metadata?.creationTimestamp),
    container: spec?.containers[0]?.name ?? "",
    detail: [image, spec?.nodeName ?? ""].filter(text => text !== "").join(" on "),
    isLeft: isOrphan(metadata),
  };
}

/** The helper beside the executor goes on when that has failed, so the phase of the Pod does not tell. */
function troubleOf(containers: readonly V1ContainerStatus[]): string | undefined {
  return containers
    .map(({ state }) => state?.waiting?.reason ?? (state?.terminated?.exitCode ? state.terminated.reason : undefined))
    .find(reason => reason !== undefined);
}

export function ofJob({ metadata, spec, status }: V1Job): OwnedThing {
  const done = status?.conditions?.find(condition => condition.status === "True")?.type;
  return {
    kind: "jobs",
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "",
    state: metadata?.deletionTimestamp ? "Terminating" : (done ?? (status?.active ? "Running" : "Pending")),
    createdAt: isoOf(metadata?.creationTimestamp),
    container: "",
    detail: spec?.template.spec?.containers[0]?.image ?? "",
    isLeft: isOrphan(metadata),
  };
}

/** The API's answers are read as they are: a time is text there. */
function isoOf(time: unknown): string | null {
  return typeof time === "string" ? time : time instanceof Date ? time.toISOString() : null;
}
