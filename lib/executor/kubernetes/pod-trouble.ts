/** What keeps a Pod from running, in words. Pure: a Pod's status and events in, a sentence and what to do about it out. */

import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

export interface PodTrouble {
  readonly message: string;
  readonly hint: string;
  /** Whether waiting cannot help. */
  readonly isFinal: boolean;
  readonly code: "executor-unavailable" | "engine-lost";
}

/** Null while nothing is wrong. */
export function troubleOf(pod: V1Pod, events: readonly CoreV1Event[]): PodTrouble | null {
  return endedTrouble(pod) ?? containerTrouble(pod) ?? schedulingTrouble(pod) ?? eventTrouble(events);
}

/** What the Pod does just now, for who waits: "pulling image …". */
export function progressOf(events: readonly CoreV1Event[]): string {
  const latest = byTime(events).at(-1);
  switch (latest?.reason) {
    case "Pulling":
      return `the cluster pulls ${/"([^"]+)"/.exec(latest.message ?? "")?.[1] ?? "an image"}`;
    case "Scheduled":
      return `on node ${/ to (\S+)$/.exec(latest.message ?? "")?.[1] ?? "of the cluster"}`;
    default:
      return "waiting for the Pod to start";
  }
}

/** A Pod that ended by another's will. */
function endedTrouble({ metadata, status }: V1Pod): PodTrouble | null {
  const message = status?.message ?? "";
  if (status?.phase === "Failed" || status?.reason === "Evicted") {
    switch (status.reason) {
      case "Evicted":
        return ended(`the node put the Pod out: ${message}`, evictionHint(message));
      case "DeadlineExceeded":
        return ended("the Pod ran longer than it may", "give it more time: --pod-deadline SECONDS");
      case "Preempting":
        return ended(
          `a Pod of higher priority took the place: ${message}`,
          "build again, or ask for less: --pod-request",
        );
      case undefined:
      case "":
        break;
      default:
        return ended(
          `the node refused the Pod: ${status.reason}: ${message}`,
          "kubectl describe node tells what it has left",
        );
    }
  }
  if (metadata?.deletionTimestamp) {
    const disruption = status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.message;
    return ended(
      disruption ? `the Pod was removed: ${disruption}` : "the Pod was deleted by somebody else",
      "build again; kubectl get events tells who removed it",
    );
  }
  return null;
}

function evictionHint(message: string): string {
  if (/emptyDir|ephemeral|DiskPressure/i.test(message)) {
    return "it needs more disk: --pod-request ephemeral-storage=10Gi, or a volume: --claim NAME";
  }
  return "it needs more than the node has: --pod-request memory=2Gi finds a larger one";
}

function containerTrouble({ status }: V1Pod): PodTrouble | null {
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const trouble = waitingTrouble(container);
    if (trouble) return trouble;
  }
  return null;
}

function waitingTrouble({ image, state }: V1ContainerStatus): PodTrouble | null {
  const { reason = "", message = "" } = state?.waiting ?? {};
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "ErrImageNeverPull":
    case "InvalidImageName":
      return pullTrouble(image, reason, message);
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError":
    case "StartError":
      return final(`the container of ${image} cannot be started: ${message}`, startHint(message));
    default:
      return null;
  }
}

function pullTrouble(image: string, reason: string, message: string): PodTrouble {
  const why = message.replace(/^Back-off pulling image "[^"]*":?\s*(ErrImagePull:)?\s*/, "");
  const text = `the cluster cannot pull ${image}${why === "" ? "" : `: ${why}`}`;
  if (reason === "InvalidImageName")
    return final(`${image} is no name of an image`, "look at --executor and --helper-image");
  if (/unauthorized|denied|authentication required|no basic auth|forbidden|401|403/i.test(why)) {
    return final(text, "give the cluster credentials: --image-pull-secret NAME, a Secret of the kind docker-registry");
  }
  if (/HTTP response to HTTPS client/i.test(why)) {
    return final(text, "the registry speaks plain HTTP: the node's containerd needs a hosts.toml for it");
  }
  if (/not found|manifest unknown|name unknown|does not exist/i.test(why)) {
    return final(
      text,
      "look at the image's name and tag, and at its platforms: the cluster's node pulls it, not this machine",
    );
  }
  const hint = "the node must reach the registry under that very name; localhost is the node itself";
  return reason === "ImagePullBackOff" ? final(text, hint) : passing(text, hint);
}

function startHint(message: string): string {
  if (/executable file not found|no such file/i.test(message)) {
    return "a helper needs an image with sh, tar and find: --helper-image busybox:1.37";
  }
  if (/exec format error/i.test(message))
    return "that image is for another processor: --node-selector kubernetes.io/arch=…";
  if (/runAsNonRoot/i.test(message))
    return "Kaniko must be root in its container: the namespace or its policies forbid it";
  return "kubectl describe pod tells more";
}

function schedulingTrouble({ status }: V1Pod): PodTrouble | null {
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return null;
  const message = scheduled.message ?? scheduled.reason ?? "";
  const text = `no node takes the Pod: ${message}`;
  const claim = /persistentvolumeclaim "([^"]+)" (not found|is being deleted)/.exec(message);
  if (claim) return final(`there is no claim ${claim[1]}`, "kubectl get pvc lists them: --claim NAME");
  return passing(text, schedulingHint(message));
}

function schedulingHint(message: string): string {
  if (/unbound immediate PersistentVolumeClaims|PersistentVolumeClaim/i.test(message)) {
    return "the claim of --claim gets no volume: kubectl describe pvc tells why";
  }
  if (/Insufficient/.test(message)) return "ask for less: --pod-request cpu=100m, --pod-request memory=256Mi";
  if (/taint/.test(message)) return "let it onto such nodes: --toleration KEY[=VALUE][:EFFECT]";
  if (/selector|affinity/.test(message))
    return "no node has those labels: --node-selector KEY=VALUE, kubectl get nodes --show-labels";
  return "kubectl describe nodes tells what they have left";
}

function eventTrouble(events: readonly CoreV1Event[]): PodTrouble | null {
  for (const { type, reason, message = "" } of byTime(events).reverse()) {
    if (type !== "Warning") continue;
    if (reason === "FailedMount" && /hostPath type check failed/.test(message)) {
      const folder = /type check failed: (\S+) is not/.exec(message)?.[1] ?? "it";
      return final(
        `the node has no folder ${folder}`,
        "mount it into the node (kind: extraMounts, minikube: minikube mount), or --context-transport exec",
      );
    }
    if (reason === "FailedMount" || reason === "FailedAttachVolume") {
      return passing(`a volume is not ready: ${message}`, "kubectl describe pvc tells more");
    }
    if (reason === "FailedCreatePodSandBox") {
      return passing(`the node cannot start the Pod: ${message}`, "look at the node's network and containerd");
    }
  }
  return null;
}

function byTime(events: readonly CoreV1Event[]): CoreV1Event[] {
  const at = (event: CoreV1Event) =>
    String(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "");
  return [...events].sort((a, b) => (at(a) < at(b) ? -1 : 1));
}

function final(message: string, hint: string): PodTrouble {
  return { message, hint, isFinal: true, code: "executor-unavailable" };
}

function passing(message: string, hint: string): PodTrouble {
  return { message, hint, isFinal: false, code: "executor-unavailable" };
}

/** It ran, or could have. */
function ended(message: string, hint: string): PodTrouble {
  return { message, hint, isFinal: true, code: "engine-lost" };
}
