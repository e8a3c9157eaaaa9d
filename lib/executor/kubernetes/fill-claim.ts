/** A folder of this machine into a PersistentVolumeClaim, for builds that run without us. */

import { posix } from "node:path";
import { LabError } from "../../error.ts";
import { packFolder } from "../docker/copy-in.ts";
import { resolveMounts } from "../docker/resolve-mounts.ts";
import type { ReportPreparing } from "../preparing.ts";
import { ClusterApi } from "./cluster-api.ts";
import { clusterError, StatusError } from "./cluster-error.ts";
import { connectCluster } from "./connect-cluster.ts";
import { folderFilter } from "./context-ignore.ts";
import { withHelperPod } from "./helper-pod.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { checkRights, type Right, rightsOfBuild } from "./missing-rights.ts";
import type { PodNames } from "./owned-pod.ts";
import { filesContainer, fillerPodOf } from "./pod-spec.ts";
import { deliver } from "./send-mounts.ts";

export interface FillRequest {
  readonly folder: string;
  readonly claim: string;
  /** Folder in the claim, which the folder's files replace; "" for all of it. */
  readonly to: string;
  /** How large a claim is made when it is not there, as `1Gi`; null: none is made. */
  readonly size: string | null;
  /** Also what the folder's ignore file leaves out. */
  readonly allFiles: boolean;
  readonly signal: AbortSignal;
}

export interface Filled {
  readonly namespace: string;
  /** Whether the claim was made. */
  readonly isNew: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Folders that were left out, and files that came without their content, by the ignore file. */
  readonly ignored: number;
}

const claims = "persistentvolumeclaims";
const usualHelper = "busybox:1.37";

/**
 * Sends a folder with owners and modes, as a build would send it (`context-ignore.ts`), through a helper Pod that is gone afterwards.
 * @throws LabError `usage`, `context-not-found`, `engine-unavailable`, `executor-unavailable`, `engine-lost`, `disk-full`
 */
export async function fillClaim(
  request: FillRequest,
  options: KubernetesOptions,
  report: ReportPreparing,
): Promise<Filled> {
  const { folder, claim, size, signal } = request;
  const [mount] = await resolveMounts([{ hostPath: folder, path: "/files", readOnly: true }]);
  if (!mount || mount.isFile) throw new LabError("usage", `${folder} is no folder`, { hint: "name a folder" });
  const place = placeOf(request.to);
  const filter = request.allFiles ? null : await folderFilter(mount.hostPath);
  const api = new ClusterApi(await connectCluster(options));
  report("asking the cluster");
  await checkRights(api, rightsFor(size), signal);
  const isNew = await makeSure(api, claim, size, signal);
  const image = options.helperImage ?? usualHelper;
  const pod = {
    document: (names: PodNames) => fillerPodOf({ ...names, options: { ...options, claim }, image }),
    containers: [filesContainer],
    startSeconds: options.startSeconds,
    report,
    signal,
  };
  return withHelperPod(api, pod, async session => {
    const sent = { files: 0, bytes: 0, ignored: 0 };
    const counted = (isIgnored: boolean) => {
      if (isIgnored) sent.ignored += 1;
      return isIgnored;
    };
    const below = (path: string) => path.slice(place.length + 1);
    const pack: NonNullable<Parameters<typeof deliver>[1]["pack"]> = async (tar, packing) => {
      Object.assign(sent, { files: 0, bytes: 0, ignored: 0 });
      const ignoring = filter && {
        skip: (path: string, isFolder: boolean) => counted(filter.skip(below(path), isFolder)),
        isEmptied: (path: string) => counted(filter.isEmptied(below(path))),
      };
      await packFolder(tar, mount.hostPath, `${place}/`, {
        ...packing,
        ...ignoring,
        onNode: (name, stats) => {
          if (!stats.isDirectory()) sent.files += 1;
          packing.onNode?.(name, stats);
        },
        onBytes: count => {
          sent.bytes += count;
          packing.onBytes(count);
        },
      });
    };
    await deliver(session, { mount, place, addsTo: false, options: {}, pack }, report);
    return { namespace: api.cluster.namespace, isNew, ...sent };
  });
}

/** @throws LabError `usage` for a way out of the claim. */
function placeOf(to: string): string {
  const path = posix.normalize(to === "" ? "." : to).replace(/^\/+|\/+$/g, "");
  if (path === ".." || path.startsWith("../"))
    throw new LabError("usage", `--to ${JSON.stringify(to)} leads out of the claim`, { hint: "name a folder in it" });
  return path === "" ? "." : path;
}

function rightsFor(size: string | null): Right[] {
  const made = size === null ? ["get"] : ["get", "create"];
  return [
    ...rightsOfBuild({ job: false, secret: false, exec: true, attach: false }),
    ...made.map(verb => ({ verb, resource: claims })),
  ];
}

/** @returns whether it had to be made. */
async function makeSure(api: ClusterApi, claim: string, size: string | null, signal: AbortSignal): Promise<boolean> {
  const { namespace } = api.cluster;
  try {
    await api.ask({ what: "look at the claim", path: api.path(claims, claim), signal });
    return false;
  } catch (error) {
    if (!(error instanceof StatusError && error.status === 404))
      throw clusterError(api.cluster, "find the claim", error);
    if (size === null)
      throw new LabError("engine-unavailable", `there is no claim ${claim} in the namespace ${namespace}`, {
        hint: "--size 1Gi makes it, where the cluster has a storage class",
        cause: error,
      });
  }
  const body = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: claim, namespace, labels: { "app.kubernetes.io/name": "kaniko-lab" } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
  };
  await api.call({ what: `create the claim ${claim}`, method: "POST", path: api.path(claims), body, signal });
  return true;
}
