import type { Step } from "../model/build.ts";

export interface Measured {
  readonly durationMs: number;
  /** Stored size of the layer; 0 where it made none. */
  readonly sizeBytes: number;
}

/** What a step cost when it was last run, by its text and stage. Null when no build has run it. Pure. @param builds newest first */
export function measuredStep(
  step: Pick<Step, "stage" | "text">,
  builds: readonly { readonly steps: readonly Step[] }[],
): Measured | null {
  for (const build of builds) {
    const found = build.steps.find(
      other =>
        other.status === "executed" &&
        other.durationMs !== null &&
        other.text === step.text &&
        other.stage.index === step.stage.index,
    );
    if (found !== undefined) return { durationMs: found.durationMs as number, sizeBytes: found.layer?.sizeBytes ?? 0 };
  }
  return null;
}
