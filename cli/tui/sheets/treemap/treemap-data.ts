import type { SizeNode } from "../../../../lib/analysis/treemap/size-tree.ts";

/** Whose sizes: the whole tree after the step, what the step changed, what its layer stores. */
export type TreemapOf = "tree" | "changes" | "layer";

export const treemapOfs = ["tree", "changes", "layer"] as const satisfies readonly TreemapOf[];

export interface TreemapData {
  /** The folder that is shown, with what is in it. */
  readonly tree: SizeNode;
  /** Of all, to tell shares by. */
  readonly totalBytes: number;
  readonly step: number;
  readonly of: TreemapOf;
  readonly note: string;
}
