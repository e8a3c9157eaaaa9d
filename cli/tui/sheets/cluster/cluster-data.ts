import type { OwnedThing } from "../../../../lib/executor/kubernetes/owned-thing.ts";

export interface ClusterData {
  readonly contextName: string;
  readonly things: readonly OwnedThing[];
  /** What this account may not list. */
  readonly unseen: readonly OwnedThing["kind"][];
  readonly nowMs: number;
  /** The last lines of the selected Pod. */
  readonly log: PodLog | null;
}

export interface PodLog {
  /** Which one's, see `thingName`. */
  readonly of: string;
  readonly lines: readonly string[];
}

export function thingName({ kind, namespace, name }: Pick<OwnedThing, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}
