import type { StepPair } from "../../../../lib/compare/align-steps.ts";
import type { ComparedPair, Comparison } from "../../../../lib/compare/compare-targets.ts";
import type { Target } from "../../../../lib/model/target.ts";

export interface CompareData {
  /** Words that open the two. */
  readonly one: string;
  readonly other: string;
  readonly oneTarget: Target;
  readonly otherTarget: Target;
  /** What became of each is known when `comparison` is there. */
  readonly pairs: readonly (StepPair & Partial<Pick<ComparedPair, "status" | "files">>)[];
  /** Null while files are compared. */
  readonly comparison: Comparison | null;
}
