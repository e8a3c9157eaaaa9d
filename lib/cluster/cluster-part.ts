/** What a lab in a cluster is made of, as far as one look or one run found it. */

import type { NodeMount } from "./lab-folders.ts";

export type PartState =
  /** Made by this run. */
  | "made"
  /** It was there and is as it should be now. */
  | "changed"
  /** It was there, as it should be. */
  | "there"
  | "missing"
  /** This account may not look. */
  | "unseen"
  /** This account may not make it; or it is ours, and this account may not remove it. */
  | "denied"
  | "removed"
  /** Somebody else's: left as it is. */
  | "kept";

export type ClusterPartKind =
  | "cluster"
  | "registry"
  /** The registry's place in the network of the nodes. */
  | "network"
  /** What a node knows of the registry. */
  | "node"
  | "mount"
  | "secret"
  | "config-map"
  | "claim"
  | "volume"
  /** Images that the warmer fetched. */
  | "base-images";

export interface ClusterPart {
  readonly kind: ClusterPartKind;
  /** For people: `cluster`, `registry`, `volume workspace` … */
  readonly name: string;
  readonly state: PartState;
  /** What it is, or why it is as it is. */
  readonly detail: string;
}

/** The cluster itself. */
export function clusterPart(state: PartState, detail: string): ClusterPart {
  return { kind: "cluster", name: "cluster", state, detail };
}

/** A folder of this machine on the nodes. */
export function mountPart(
  { local, node }: Pick<NodeMount, "local" | "node">,
  state: PartState,
  why?: string,
): ClusterPart {
  return { kind: "mount", name: `mount ${node}`, state, detail: why === undefined ? local : `${local}: ${why}` };
}

/** Tells what is being done just now. */
export type ReportCluster = (what: string) => void;
