/** What a lab in a cluster is made of, as far as one look or one run found it. */

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
  /** Ours, and this account may not remove it. */
  | "denied"
  | "removed"
  /** Somebody else's: left as it is. */
  | "kept";

export interface ClusterPart {
  /** `cluster`, `registry`, `volume workspace` … */
  readonly name: string;
  readonly state: PartState;
  /** What it is, or why it is as it is. */
  readonly detail: string;
}

/** Tells what is being done just now. */
export type ReportCluster = (what: string) => void;
