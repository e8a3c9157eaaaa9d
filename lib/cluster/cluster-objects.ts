/** Documents that belong to the lab in a cluster: made once, found again by a label, removed by it. */

import type { KubernetesListObject, KubernetesObject, V1Pod } from "@kubernetes/client-node";
import { LabError } from "../error.ts";
import type { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { clusterError, StatusError } from "../executor/kubernetes/cluster-error.ts";
import type { ClusterPart, ClusterPartKind } from "./cluster-part.ts";

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

const partKinds: Readonly<Record<PartKind, ClusterPartKind>> = {
  Secret: "secret",
  ConfigMap: "config-map",
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
  const part = titleOf(kind, metadata.name);
  const { name } = part;
  const found = await find(api, kind, metadata.name, metadata.namespace, signal);
  if (found === null) {
    const body = { ...document, metadata: { ...metadata, labels: { ...metadata.labels, ...partLabels } } };
    const path = pathOf(api, kind, undefined, metadata.namespace);
    await api.call({ what: `create the ${name}`, method: "POST", path, body, signal });
    return { ...part, state: "made", detail };
  }
  refuseOtherFolder(name, found, document);
  const field = changeable[kind];
  if (field === undefined || isEqual(found[field], document[field]))
    return { ...part, state: "there", detail: detailOf(found, detail) };
  if (!isOurs(found)) {
    throw new LabError("usage", `there is a ${name} that kaniko-lab did not make, with other contents`, {
      hint: `use another namespace: --namespace NAME; or remove it: kubectl delete ${resources[kind]} ${metadata.name}`,
    });
  }
  const path = pathOf(api, kind, metadata.name, metadata.namespace);
  const body = { [field]: { ...removals(found[field]), ...(document[field] as object) } };
  await api.call({ what: `change the ${name}`, method: "PATCH", path, body, signal });
  return { ...part, state: "changed", detail };
}

/**
 * The same for an account that lacks a right: what it may not look at or make is told as a part, for others to make.
 * @throws LabError as `ensureObject` for all else
 */
export async function ensureWhereAllowed(
  api: ClusterApi,
  document: PartDocument,
  detail: string,
  signal: AbortSignal,
): Promise<ClusterPart | UnseenPart> {
  try {
    return await ensureObject(api, document, detail, signal);
  } catch (error) {
    const verb = missingVerb(error);
    if (verb === null) throw error;
    const { kind, metadata } = document;
    const part = titleOf(kind, metadata.name);
    if (verb === "get") return unseen(part, verb, kind, error as LabError);
    const reason = `not made: this account may not ${verb} ${resources[kind]}`;
    return { ...part, state: "denied", detail: reason, denied: error as LabError };
  }
}

/** @returns a part for each document that there should be */
export async function lookForObject(
  api: ClusterApi,
  document: PartDocument,
  detail: string,
  signal: AbortSignal,
): Promise<ClusterPart | UnseenPart> {
  const { kind, metadata } = document;
  const found = await find(api, kind, metadata.name, metadata.namespace, signal).catch(missingRight);
  const part = titleOf(kind, metadata.name);
  if (found instanceof LabError) return unseen(part, "get", kind, found);
  const phase = (found?.status as { phase?: string } | undefined)?.phase;
  if (found === null) return { ...part, state: "missing", detail };
  const [folder, wanted] = [folderOf(found), folderOf(document)];
  if (folder !== wanted)
    return { ...part, state: "missing", detail: `it is of ${folder ?? "no folder"}, not ${wanted}` };
  const told = detailOf(found, detail);
  return { ...part, state: "there", detail: phase === undefined ? told : `${told}; ${phase}` };
}

/** The parts that this account may look at. @throws LabError the first that it may not, when there are no others. */
export function partsSeen(parts: readonly (ClusterPart | UnseenPart)[]): ClusterPart[] {
  const [first] = parts;
  if (first !== undefined && "denied" in first && parts.every(part => "denied" in part)) throw first.denied;
  return parts.map(withoutReason);
}

/** A part with the reason why it was not looked at, or not made. */
export interface UnseenPart extends ClusterPart {
  readonly denied: LabError;
}

/**
 * Removes what `ensureObject` made, in the API's namespace and, of volumes, for it. What others made stays, and what this
 * account may not list or remove.
 * @throws LabError `engine-unavailable` when it may list nothing of all that
 */
export async function removeObjects(api: ClusterApi, signal: AbortSignal): Promise<ClusterPart[]> {
  const parts: ClusterPart[] = [];
  const denied: UnseenPart[] = [];
  const users = await claimUsers(api, signal);
  // Claims before their volumes: a volume in use waits for its claim.
  for (const kind of removedKinds) {
    const ours = await listOurs(api, kind, signal).catch(missingRight);
    if (ours instanceof LabError) {
      denied.push(unseen({ kind: partKinds[kind], name: `${words[kind]}s` }, "list", kind, ours));
      continue;
    }
    for (const found of ours) {
      const { name = "", namespace } = found.metadata ?? {};
      const what = `remove the ${words[kind]} ${name}`;
      const path = pathOf(api, kind, name, namespace);
      const isAllowed = await api.ask({ what, method: "DELETE", path, signal }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof StatusError)) throw clusterError(api.cluster, what, error);
          if (error.status === 403) return false;
          if (error.status !== 404) throw clusterError(api.cluster, what, error);
          return true;
        },
      );
      const part = titleOf(kind, name);
      if (isAllowed) parts.push({ ...part, state: "removed", detail: afterwards(kind, users.get(name)) });
      else parts.push({ ...part, state: "denied", detail: `this account may not delete ${resources[kind]}` });
    }
  }
  return [...parts, ...(denied.length === removedKinds.length ? partsSeen(denied) : denied.map(withoutReason))];
}

const removedKinds = ["Secret", "ConfigMap", "PersistentVolumeClaim", "PersistentVolume"] as const;

/** @returns the error where it says that a right is missing. @throws every other one */
function missingRight(error: unknown): LabError {
  const { cause } = error as { cause?: unknown };
  if (error instanceof LabError && cause instanceof StatusError && cause.status === 403) return error;
  throw error;
}

/** The verb that the API's authorizer refuses; null for every other error, as a quota refuses with the same status. */
function missingVerb(error: unknown): string | null {
  const { cause } = error as { cause?: unknown };
  if (!(error instanceof LabError && cause instanceof StatusError && cause.status === 403)) return null;
  return / cannot (\w+) resource /.exec(cause.message)?.[1] ?? null;
}

type PartTitle = Pick<ClusterPart, "kind" | "name">;

function titleOf(kind: PartKind, name: string): PartTitle {
  return { kind: partKinds[kind], name: `${words[kind]} ${name}` };
}

function unseen(part: PartTitle, verb: string, kind: PartKind, denied: LabError): UnseenPart {
  return { ...part, state: "unseen", detail: `not looked at: this account may not ${verb} ${resources[kind]}`, denied };
}

function withoutReason({ kind, name, state, detail }: ClusterPart): ClusterPart {
  return { kind, name, state, detail };
}

function afterwards(kind: PartKind, users: readonly string[] = []): string {
  if (kind === "PersistentVolume") return "its folder on the node stays";
  if (kind !== "PersistentVolumeClaim" || users.length === 0) return "";
  return `gone once nothing uses it: kubectl delete pod ${users.join(" ")}`;
}

/** Names of the Pods that have each claim: the cluster keeps it for them, ended ones among them, until they are deleted. */
async function claimUsers(api: ClusterApi, signal: AbortSignal): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  const path = api.path("pods");
  const list = await api
    .ask<KubernetesListObject<V1Pod>>({ what: "list pods", path, signal })
    .catch((error: unknown) => {
      // Who may remove claims need not see Pods.
      if (error instanceof StatusError) return null;
      throw clusterError(api.cluster, "list pods", error);
    });
  for (const { metadata, spec } of list?.items ?? []) {
    if (metadata?.deletionTimestamp !== undefined) continue;
    for (const { persistentVolumeClaim } of spec?.volumes ?? []) {
      const claim = persistentVolumeClaim?.claimName;
      if (claim !== undefined) users.set(claim, [...(users.get(claim) ?? []), metadata?.name ?? ""]);
    }
  }
  return users;
}

/** What a claim really takes, whatever it would have been given. */
function detailOf(found: Found, wanted: string): string {
  const volume = found.kind === "PersistentVolumeClaim" && (found.spec as { volumeName?: string }).volumeName;
  return volume ? `takes ${volume}` : wanted;
}

/** Of a volume; undefined for all else. */
function folderOf(document: Readonly<Record<string, unknown>>): string | undefined {
  return (document.spec as { hostPath?: { path: string } } | undefined)?.hostPath?.path;
}

/** A volume keeps its folder: it cannot be given another one. */
function refuseOtherFolder(name: string, found: Found, document: PartDocument): void {
  const [is, wanted] = [folderOf(found), folderOf(document)];
  if (is === wanted) return;
  throw new LabError("usage", `the ${name} is of ${is ?? "no folder of the node"}, not ${wanted}`, {
    hint: "kaniko-lab cluster down current removes it (the folder stays); then up makes it anew",
  });
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
