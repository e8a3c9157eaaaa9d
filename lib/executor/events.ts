import type { BuildFailure, BuildStatus, DriverName, ExecutorIdentity, StepStatus, StepTimes } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";

/**
 * What happens during a build, in order. The terminal UI, the plain output, the JSON output, the recording and the
 * replay are displays of this one stream. `atMs` counts from the start of the build.
 */
export type BuildEvent = { readonly atMs: number } & (
  | {
      readonly type: "started";
      readonly id: string;
      readonly driver: DriverName;
      readonly why: string;
      readonly steps: readonly PlannedStep[];
    }
  | {
      readonly type: "preparing";
      readonly what: string;
      readonly doneBytes: number | null;
      readonly totalBytes: number | null;
    }
  | { readonly type: "executor"; readonly executor: ExecutorIdentity }
  /** The executor resolves or fetches a base image. */
  | { readonly type: "pulling"; readonly reference: string }
  | {
      readonly type: "stage-started";
      readonly stage: number;
      /** The base image as the executor names it. */
      readonly base: string;
      /** The earlier stage that it starts from, or null. */
      readonly baseStage: number | null;
    }
  /** A step that the Dockerfile does not have: a trigger (ONBUILD) of the base image. It is added to the plan. */
  | { readonly type: "step-discovered"; readonly step: PlannedStep }
  | { readonly type: "step-started"; readonly step: number }
  | {
      readonly type: "cache-key";
      readonly step: number;
      readonly key: string;
      readonly parts: readonly string[] | null;
    }
  | { readonly type: "cache-lookup"; readonly step: number; readonly key: string }
  | { readonly type: "cache-hit"; readonly step: number }
  | { readonly type: "cache-miss"; readonly step: number; readonly reason: string }
  | { readonly type: "unpacking"; readonly stage: number }
  | { readonly type: "snapshot-started"; readonly step: number; readonly full: boolean }
  | { readonly type: "layer-pushed"; readonly reference: string }
  | { readonly type: "output"; readonly step: number | null; readonly text: string }
  | { readonly type: "log"; readonly level: LogLevel; readonly text: string }
  | { readonly type: "warning"; readonly text: string }
  | { readonly type: "step-finished"; readonly step: number; readonly status: StepStatus }
  /** What the executor's trace tells of a step, once it has ended; times of a FROM are those of its log. */
  | {
      readonly type: "step-measured";
      readonly step: number;
      readonly startedMs: number | null;
      readonly durationMs: number | null;
      readonly times: StepTimes;
      readonly key: string | null;
      /** Where the Dockerfile was not ours to read; else null. */
      readonly line: number | null;
      readonly isHit: boolean | null;
    }
  /** The executor has ended; its layers are being collected, checked and indexed. */
  | { readonly type: "collecting"; readonly layer: number; readonly of: number }
  | {
      readonly type: "finished";
      readonly status: BuildStatus;
      readonly manifest: Digest | null;
      readonly failure: BuildFailure | null;
    }
);

export type LogLevel = "trace" | "debug" | "info" | "warning" | "error";

/** A step as it is known from the Dockerfile, before anything ran. */
export interface PlannedStep {
  readonly number: number;
  readonly stage: { readonly index: number; readonly name: string };
  readonly line: number | null;
  readonly endLine: number | null;
  readonly instruction: string;
  readonly text: string;
}
