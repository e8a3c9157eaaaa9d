/** Kaniko's warmer in a Pod: fills the claim with the base image cache that later builds read. */

import type { V1Pod } from "@kubernetes/client-node";
import { registryFlags } from "../build/executor-request.ts";
import type { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { withHelperPod } from "../executor/kubernetes/helper-pod.ts";
import type { KubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import type { PodNames } from "../executor/kubernetes/owned-pod.ts";
import { followLog } from "../executor/kubernetes/pod-log.ts";
import type { PodSession } from "../executor/kubernetes/pod-session.ts";
import { readWarmerLine, warmerFailed, warmerLogFlags } from "../kaniko-cache/warm/warmer-log.ts";
import { forkImage } from "../render/images.ts";
import { warmerSpec } from "../render/warmer.ts";
import type { ReportCluster } from "./cluster-part.ts";

export const defaultWarmer = `${forkImage}:warmer`;

export interface WarmPodRequest {
  readonly images: readonly string[];
  readonly warmer: string;
  readonly claim: string;
  /** Secret with logins; read where it is there. */
  readonly registrySecret: string;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly registryMaps: readonly string[];
  readonly options: KubernetesOptions;
  readonly report: ReportCluster;
  readonly signal: AbortSignal;
}

const containerName = "warm";
const deadlineSeconds = 3600;
const maxLines = 100;

/**
 * Runs the warmer to its end and removes its Pod.
 * @returns what it said of images that it could not fetch
 * @throws LabError `usage` for what is no registry map, `build-failed` when the warmer fails, as `withHelperPod`
 */
export async function warmInPod(api: ClusterApi, request: WarmPodRequest): Promise<string[]> {
  const { signal, options, report } = request;
  const flags = [...warmerLogFlags, ...registryFlags(request)];
  const pod = {
    document: (names: PodNames) => warmerPod(request, flags, names),
    containers: [containerName],
    startSeconds: options.startSeconds,
    report,
    signal,
  };
  return withHelperPod(api, pod, session => follow(session, request));
}

function warmerPod(request: WarmPodRequest, flags: readonly string[], names: PodNames): V1Pod {
  const { name, namespace, labels, annotations } = names;
  const { claim, registrySecret, warmer, images, options } = request;
  const secrets = options.imagePullSecrets.map(secret => ({ name: secret }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { ...labels }, annotations: { ...annotations } },
    spec: {
      ...warmerSpec({ images, warmer, claim, registrySecret, flags }),
      ...(secrets.length === 0 ? {} : { imagePullSecrets: secrets }),
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
    },
  };
}

/** @returns what the warmer said of images that it could not fetch: it ends well as long as one of them was. */
async function follow(session: PodSession, { report, signal }: WarmPodRequest): Promise<string[]> {
  const { api, pod, watched } = session;
  const hasEnded = () => watched.latest !== null && endOf(watched.latest) !== null;
  const failures: string[] = [];
  const said: string[] = [];
  for await (const line of followLog(api, { pod, container: containerName, hasEnded, signal })) {
    said.push(readWarmerLine(line, failures, report));
    said.splice(0, said.length - maxLines);
  }
  const { exitCode, reason } = await session.until("while it fetched", endOf);
  if (exitCode !== 0) throw warmerFailed(failures, reason === "OOMKilled" ? ["out of memory"] : said);
  return failures;
}

function endOf(pod: V1Pod) {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === containerName);
  return status?.state?.terminated ?? null;
}
