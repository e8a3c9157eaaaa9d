/**
 * kaniko-lab as a library: run the real Kaniko executor, open builds and images, compare what is in them, and ask why a
 * step was no cache hit. Everything that can go wrong by use is a `LabError` with a `code` that stays the same.
 *
 * ```ts
 * import { build, diffSnapshots, explainMiss, openImage } from "kaniko-lab";
 *
 * const image = await build("workspace/greeter", { driver: "sandbox" });
 * const step = await image.step("RUN apk add curl");
 * console.log(step.added, step.sizeBytes);
 *
 * const before = await openImage("previous");
 * const difference = await diffSnapshots(await before.lastStep(), await image.lastStep());
 * for (const { step, sentence } of await explainMiss(image)) console.log(step.number, sentence);
 * ```
 *
 * Tests of images: see `kaniko-lab/vitest`.
 */

export { type BuildOptions, build } from "./api/build.ts";
export { diffSnapshots } from "./api/diff-snapshots.ts";
export type { Difference } from "./api/difference.ts";
export { type ExplainMissOptions, explainMiss, type StepExplanation } from "./api/explain-miss.ts";
export type { ImageView, StepChoice } from "./api/image-view.ts";
export { importRecording } from "./api/import-recording.ts";
export { type OpenImageOptions, openImage } from "./api/open-image.ts";
export type { LabPlaceOptions } from "./api/options.ts";
export type { StepView } from "./api/step-view.ts";
export { type BuildSpec, defaultSpec, type LayerCacheChoice } from "./build/build-spec.ts";
export { type ErrorCode, LabError } from "./error.ts";
export type { BuildEvent, LogLevel, PlannedStep } from "./executor/events.ts";
export type { Cause, CauseKind, FileAspect } from "./explain/cause.ts";
export type { ProgressOptions, SearchMatch, SearchQuery } from "./lab/questions.ts";
export type {
  BuildFailure,
  BuildRecord,
  BuildStatus,
  CacheReason,
  CacheResult,
  DriverName,
  LayerRef,
  Step,
  StepCache,
  StepStatus,
  StepTimes,
} from "./model/build.ts";
export type { DiffId, Digest } from "./model/digest.ts";
export type { Attributes, EntryType } from "./model/entry.ts";
export type { ImageConfig } from "./model/image.ts";
export { showText } from "./model/path-text.ts";
export type { Change, ChangeCause, ChangeCounts, ChangeKind, Snapshot, TreeNode } from "./model/snapshot.ts";
export type { TargetLayer } from "./model/target.ts";
