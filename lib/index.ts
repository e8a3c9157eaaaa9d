/**
 * kaniko-lab as a library: run the real Kaniko executor, open builds and images, and ask what is in them.
 *
 * ```ts
 * import { CacheFolder, openLab } from "kaniko-lab";
 *
 * const lab = openLab({ cache: new CacheFolder("cache") });
 * const target = await lab.openTarget("latest");
 * for await (const match of lab.search(target, { text: "curl", mode: "substring", ignoreCase: false })) {
 *   console.log(match.step, match.kind, match.path);
 * }
 * ```
 */

export type { BuildDriver, BuildOrder } from "./build/build-driver.ts";
export { type BuildSpec, defaultSpec, type LayerCacheChoice } from "./build/build-spec.ts";
export { type ChosenDriver, chooseDriver } from "./build/choose-driver.ts";
export { buildDrivers, defaultExecutor, executorDrivers, parseExecutorSource } from "./build/drivers.ts";
export { applyEvent, type BuildProgress, noProgress, type StepProgress } from "./build/progress.ts";
export { type BuildRequest, runBuild } from "./build/run-build.ts";
export { type KeyDifference, keyDifference } from "./cache-key/key-difference.ts";
export type { KeyPart, KeyPartKind } from "./cache-key/key-part.ts";
export { type RecordedPartsContext, recordedParts } from "./cache-key/recorded-parts.ts";
export { type ComparedPair, type Comparison, compareTargets, type PairStatus } from "./compare/compare-targets.ts";
export { type ErrorCode, LabError } from "./error.ts";
export type { BuildEvent, LogLevel, PlannedStep } from "./executor/events.ts";
export type { Availability, ExecutorDriver, ExecutorOutput, ExecutorSource, RunRequest } from "./executor/port.ts";
export type { Cause, CauseKind } from "./explain/cause.ts";
export type { ExplainedStep } from "./explain/explain-builds.ts";
export { type Explanation, explainTarget } from "./explain/explain-target.ts";
export { sentenceOf } from "./explain/sentences.ts";
export { finalStep, findStep, lastStepOfStage, stepBefore } from "./lab/chain.ts";
export type { ExtractRequest, HistoryItem, Lab, ProgressOptions, SearchMatch, SearchQuery, StepOf } from "./lab/lab.ts";
export { openLab } from "./lab/open-lab.ts";
export type {
  BuildRecord,
  BuildStatus,
  CacheResult,
  LayerRef,
  PredictionOutcome,
  Step,
  StepStatus,
} from "./model/build.ts";
export type { DiffId, Digest } from "./model/digest.ts";
export type { Attributes, Entry, EntryType, Whiteout } from "./model/entry.ts";
export type { HistoryEntry, Image, ImageConfig, ImageLayer } from "./model/image.ts";
export type { BlobLocation, Compression, LayerIndex } from "./model/layer-index.ts";
export { showText } from "./model/path-text.ts";
export type { Change, ChangeCause, ChangeCounts, ChangeKind, Snapshot, TreeNode } from "./model/snapshot.ts";
export type { Target, TargetLayer } from "./model/target.ts";
export { type ForeseenCause, type ForeseenStep, type Foresight, foresee } from "./prediction/foresee.ts";
export { exportBuilds } from "./recording/export-builds.ts";
export { importBuilds } from "./recording/import-builds.ts";
export { replayBuild } from "./recording/replay-build.ts";
export { countChanges } from "./snapshot/count-changes.ts";
export { BuildStore } from "./store/build-store.ts";
export { CacheFolder, chooseCacheFolder } from "./store/cache-folder.ts";
