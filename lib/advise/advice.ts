/** What would make the next builds faster or smaller, each with what it would have saved in the builds that were measured. */

export type AdviceKind =
  | "install-late"
  | "changing-files"
  | "early-argument"
  | "modes"
  | "copy-layers"
  | "unused-context";

export interface Advice {
  readonly kind: AdviceKind;
  /** Of the latest build; null for what is of no step. */
  readonly step: number | null;
  /** The step's instruction, or "". */
  readonly text: string;
  /** What it is about: paths of the context, or the variable. */
  readonly names: readonly string[];
  /** In how many builds it was seen. */
  readonly builds: number;
  /** Measured, all builds together; 0 where only bytes were. */
  readonly savedMs: number;
  /** Of layers that were made anew, or of the context; all builds together. */
  readonly savedBytes: number;
  /** What to do, one sentence. */
  readonly advice: string;
}
