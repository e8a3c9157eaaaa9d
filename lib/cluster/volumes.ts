/** Claims that builds and the warmer use in a cluster, and the volumes of folders of the node behind them. */

import type { ClusterApi } from "../executor/kubernetes/cluster-api.ts";
import { claimOf, volumeOf } from "../render/warmer.ts";
import { ensureWhereAllowed, lookForObject, type PartDocument, partsSeen, type UnseenPart } from "./cluster-objects.ts";
import type { ClusterPart } from "./cluster-part.ts";
import { baseImagesClaim, layerCacheClaim, workspaceClaim } from "./lab-folders.ts";

/** Where the claims get their room from. */
export type VolumeSource =
  /** Folders below one of the node: for a cluster of one node. */
  | { readonly kind: "node"; readonly folder: string }
  /** A storage class; null: the cluster's default one. */
  | { readonly kind: "class"; readonly name: string | null };

interface WantedObject {
  readonly document: PartDocument;
  readonly detail: string;
}

/**
 * An account of one namespace may make claims, but not volumes: what it lacks rights for is told as a part.
 * @throws LabError as `ensureObject`, and where it may make nothing of all that
 */
export async function ensureVolumes(
  api: ClusterApi,
  source: VolumeSource,
  signal: AbortSignal,
): Promise<ClusterPart[]> {
  const parts: (ClusterPart | UnseenPart)[] = [];
  for (const { document, detail } of wanted(source, api.cluster.namespace))
    parts.push(await ensureWhereAllowed(api, document, detail, signal));
  return partsSeen(parts);
}

export function lookForVolumes(
  api: ClusterApi,
  source: VolumeSource,
  signal: AbortSignal,
): Promise<(ClusterPart | UnseenPart)[]> {
  return Promise.all(
    wanted(source, api.cluster.namespace).map(({ document, detail }) => lookForObject(api, document, detail, signal)),
  );
}

function wanted(source: VolumeSource, namespace: string): WantedObject[] {
  if (source.kind === "class") {
    const from = source.name === null ? "of the default storage class" : `of the storage class ${source.name}`;
    return [baseImagesClaim, layerCacheClaim].map(claim => ({
      document: inNamespace(claimOf(claim, null, source.name), namespace),
      detail: from,
    }));
  }
  return [
    [workspaceClaim, "workspace"] as const,
    // The very folder that builds of this machine use as --base-cache, where the node is this machine's.
    [baseImagesClaim, "base-images"] as const,
    [layerCacheClaim, "layer-cache"] as const,
  ].flatMap(([claim, name]): WantedObject[] => {
    const path = `${source.folder.replace(/\/+$/, "")}/${name}`;
    // Volumes belong to no namespace, but to one claim.
    const volume = namespace === "default" ? `kaniko-lab-${claim}` : `kaniko-lab-${namespace}-${claim}`;
    return [
      { document: claimed(volumeOf({ claim, path, volume }), claim, namespace), detail: `${path} of the node` },
      { document: inNamespace(claimOf(claim, volume, "kaniko-lab"), namespace), detail: `takes ${volume}` },
    ];
  });
}

function inNamespace(claim: ReturnType<typeof claimOf>, namespace: string): PartDocument {
  return { ...claim, metadata: { ...claim.metadata, namespace } };
}

/** Nobody else's claim may take it. */
function claimed(volume: ReturnType<typeof volumeOf>, name: string, namespace: string): PartDocument {
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace };
  return { ...volume, spec: { ...volume.spec, claimRef } } as PartDocument;
}
