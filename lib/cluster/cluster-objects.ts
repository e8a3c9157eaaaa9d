/** Documents that belong to the lab in a cluster: made once, found again by a label, removed by it. */

import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import { LabError } from "../error.ts";
import type { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { clusterError, StatusError } from "../executor/kubernetes/cluster-error.ts";
import type { ClusterPart } from "./cluster-part.ts";

/** Of what `cluster` made; builds have another one, as what they leave is removed by the next of them. */
export const partLabels = {
  "app.kubernetes.io/name": "kaniko-lab",
  "app.kubernetes.io/managed-by": "kaniko-lab-cluster",
} as const;
const partSelector = "app.kubernetes.io/managed-by=kaniko-lab-cluster";

/** Resource names of the API, by kind. */
const resources = {
  Secret: "secrets",
  ConfigMap: "configmaps",
  PersistentVolumeClaim: "persistentvolumeclaims",
  PersistentVolume: "persistentvolumes",
} as const;
export type PartKind = keyof typeof resources;

const words: Readonly<Record<PartKind, string>> = {
  Secret: "secret",
  ConfigMap: "config map",
  PersistentVolumeClaim: "claim",
  PersistentVolume: "volume",
};

export interface PartDocument {
  readonly apiVersion: string;
  readonly kind: PartKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Fields that say what a document is about, where they may be changed later. */
const changeable: Readonly<Partial<Record<PartKind, string>>> = { Secret: "data", ConfigMap: "data" };

/**
 * Makes a document, or changes one of the lab's own that says something else.
 * @param detail for the part that comes back
 * @throws LabError `engine-unavailable`, `engine-lost`; `usage` when somebody else's document has that name
 */
export async function ensureObject(
  api: ClusterApi,
  document: PartDocument,
  detail: string,
  signal: AbortSignal,
): Promise<ClusterPart> {
  const { kind, metadata } = document;
  const name = `${words[kind]} ${metadata.name}`;
  const found = await find(api, kind, metadata.name, metadata.namespace, signal);
  if (found === null) {
    const body = { ...document, metadata: { ...metadata, labels: { ...metadata.labels, ...partLabels } } };
    const path = pathOf(api, kind, undefined, metadata.namespace);
    await api.call({ what: `create the ${name}`, method: "POST", path, body, signal });
    return { name, state: "made", detail };
  }
  const field = changeable[kind];
  if (field === undefined || isEqual(found[field], document[field])) return { name, state: "there", detail };
  if (!isOurs(found)) {
    throw new LabError("usage", `there is a ${name} that kaniko-lab did not make, with other contents`, {
      hint: `use another namespace: --namespace NAME; or remove it: kubectl delete ${resources[kind]} ${metadata.name}`,
    });
  }
  const path = pathOf(api, kind, metadata.name, metadata.namespace);
  const body = { [field]: { ...removals(found[field]), ...(document[field] as object) } };
  await api.call({ what: `change the ${name}`, method: "PATCH", path, body, signal });
  return { name, state: "changed", detail };
}

/** @returns a part for each document that there should be */
export async function lookForObject(
  api: ClusterApi,
  document: PartDocument,
  detail: string,
  signal: AbortSignal,
): Promise<ClusterPart> {
  const { kind, metadata } = document;
  const found = await find(api, kind, metadata.name, metadata.namespace, signal);
  const phase = (found?.status as { phase?: string } | undefined)?.phase;
  const name = `${words[kind]} ${metadata.name}`;
  if (found === null) return { name, state: "missing", detail };
  return { name, state: "there", detail: phase === undefined ? detail : `${detail}; ${phase}` };
}

/** Removes what `ensureObject` made, in the API's namespace and, of volumes, for it. What others made stays. */
export async function removeObjects(api: ClusterApi, signal: AbortSignal): Promise<ClusterPart[]> {
  const parts: ClusterPart[] = [];
  // Claims before their volumes: a volume in use waits for its claim.
  for (const kind of ["Secret", "ConfigMap", "PersistentVolumeClaim", "PersistentVolume"] as const) {
    for (const found of await listOurs(api, kind, signal)) {
      const { name = "", namespace } = found.metadata ?? {};
      const what = `remove the ${words[kind]} ${name}`;
      const path = pathOf(api, kind, name, namespace);
      await api.ask({ what, method: "DELETE", path, signal }).catch((error: unknown) => {
        if (!(error instanceof StatusError && error.status === 404)) throw clusterError(api.cluster, what, error);
      });
      parts.push({ name: `${words[kind]} ${name}`, state: "removed", detail: detailOf(kind) });
    }
  }
  return parts;
}

function detailOf(kind: PartKind): string {
  return kind === "PersistentVolume" ? "its folder on the node stays" : "";
}

async function listOurs(api: ClusterApi, kind: PartKind, signal: AbortSignal): Promise<KubernetesObject[]> {
  const what = `list ${resources[kind]}`;
  const query = { labelSelector: partSelector };
  const list = (path: string) => api.call<KubernetesListObject<KubernetesObject>>({ what, path, query, signal });
  if (kind !== "PersistentVolume") return (await list(api.path(resources[kind]))).items;
  const { items } = await list(api.pathInAll(resources[kind]));
  return items.filter(volume => claimNamespaceOf(volume) === api.cluster.namespace);
}

function claimNamespaceOf(volume: KubernetesObject): string | undefined {
  return (volume as { spec?: { claimRef?: { namespace?: string } } }).spec?.claimRef?.namespace;
}

type Found = KubernetesObject & Readonly<Record<string, unknown>>;

async function find(
  api: ClusterApi,
  kind: PartKind,
  name: string,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Found | null> {
  const what = `look at the ${words[kind]} ${name}`;
  try {
    return await api.ask<Found>({ what, path: pathOf(api, kind, name, namespace), signal });
  } catch (error) {
    if (error instanceof StatusError && error.status === 404) return null;
    throw clusterError(api.cluster, what, error);
  }
}

function pathOf(api: ClusterApi, kind: PartKind, name?: string, namespace?: string): string {
  if (kind !== "PersistentVolume") return api.path(resources[kind], name, namespace);
  const all = api.pathInAll(resources[kind]);
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
}

function isOurs(found: Found): boolean {
  return found.metadata?.labels?.["app.kubernetes.io/managed-by"] === partLabels["app.kubernetes.io/managed-by"];
}

/** A merge leaves what it does not name: null takes it away. */
function removals(data: unknown): Record<string, null> {
  return Object.fromEntries(Object.keys((data as object | undefined) ?? {}).map(key => [key, null]));
}

function isEqual(one: unknown, other: unknown): boolean {
  const sorted = (value: unknown) => JSON.stringify(Object.entries((value as object | undefined) ?? {}).sort());
  return sorted(one) === sorted(other);
}
