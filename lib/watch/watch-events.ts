import type { BuildEvent } from "../executor/events.ts";
import type { BuildStatus, PredictionOutcome } from "../model/build.ts";
import type { Foresight } from "../prediction/foresee.ts";
import type { ChangeEffect } from "./change-effect.ts";

/** What happens while a context is watched, in order: the plain output, the JSON lines and the terminal UI show this. */
export type WatchEvent =
  | { readonly type: "watching"; readonly folder: string; readonly dockerfile: string }
  | {
      readonly type: "predicted";
      readonly foresight: Foresight;
      /** Of all that changed since the last build began. */
      readonly effect: ChangeEffect;
      /** A build would make something else than the last one. */
      readonly needsBuild: boolean;
      /** What follows: `build` at once, after the one that runs, or only when it is asked for. */
      readonly next: "build" | "after-build" | "ask" | "nothing";
    }
  /** Nothing can be built as it is; it goes on when that has changed. */
  | { readonly type: "broken"; readonly error: WatchFailure }
  | { readonly type: "warning"; readonly text: string }
  | { readonly type: "build"; readonly event: BuildEvent }
  | {
      readonly type: "build-ended";
      /** Null when it did not even begin. */
      readonly id: string | null;
      readonly status: BuildStatus;
      readonly prediction: PredictionOutcome | null;
      /** Paths that changed while it ran: it may have read them before or after. */
      readonly changedMeanwhile: readonly string[];
      /** What kept it from running to its end; null for a build that succeeded or failed by itself. */
      readonly error: WatchFailure | null;
    };

export interface WatchFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}
