/** What a build asks of its cluster: where each format has a place for it. */

import { noWishes, type PodWishes } from "../executor/kubernetes/kubernetes-options.ts";
import type { RenderOptions } from "./render-options.ts";

/** What a format may have a place for. */
export type Wish =
  | keyof PodWishes
  | "deadlineSeconds"
  | "serviceAccount"
  | "namespace"
  | "registrySecret"
  | "cacheVolume"
  | "baseClaim"
  | "helperImage";

/** Of all formats that are objects of a cluster and make Pods; only ours have a container beside the executor. */
export const clusterWishes: readonly Wish[] = [
  ...(Object.keys(noWishes) as (keyof PodWishes)[]),
  ...(["deadlineSeconds", "serviceAccount", "namespace", "registrySecret", "cacheVolume", "baseClaim"] as const),
];
export const podWishes: readonly Wish[] = [...clusterWishes, "helperImage"];

/** Fields of a Pod, which Argo's templates and Tekton's podTemplate have under the same names. */
export function placementOf({ wishes }: RenderOptions): object {
  return {
    ...(isEmpty(wishes.nodeSelector) ? {} : { nodeSelector: wishes.nodeSelector }),
    ...(wishes.tolerations.length === 0 ? {} : { tolerations: wishes.tolerations }),
    ...(wishes.priorityClass === null ? {} : { priorityClassName: wishes.priorityClass }),
  };
}

export function pullSecretsOf({ wishes }: RenderOptions): object {
  const { imagePullSecrets } = wishes;
  return imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map(name => ({ name })) };
}

export function deadlineOf({ deadlineSeconds }: RenderOptions): object {
  return deadlineSeconds === null ? {} : { activeDeadlineSeconds: deadlineSeconds };
}

/** Of the executor's container. @param field what the format calls them */
export function resourcesOf({ wishes }: RenderOptions, field = "resources"): object {
  const { requests, limits } = wishes;
  const amounts = { ...(isEmpty(requests) ? {} : { requests }), ...(isEmpty(limits) ? {} : { limits }) };
  return isEmpty(amounts) ? {} : { [field]: amounts };
}

/** Labels that the user gives, before ours: as a field of metadata. */
export function labelsOf({ wishes }: RenderOptions, own: Readonly<Record<string, string>> = {}): object {
  const labels = { ...wishes.labels, ...own };
  return isEmpty(labels) ? {} : { labels };
}

export function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}
