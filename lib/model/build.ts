import type { CiOrigin } from "../ci/ci-build.ts";
import type { DiffId, Digest } from "./digest.ts";

/** How a step ended: run, taken from the layer cache, nothing to do on the file system, not reached or its stage not needed, failed. */
export type StepStatus = "executed" | "cached" | "metadata" | "skipped" | "failed";

/** `skipped`: Kaniko did not look this step up (after an earlier miss, or its kind is not cached); `off`: the build ran without the layer cache. */
export type CacheResult = "hit" | "miss" | "skipped" | "off";

/**
 * Why a lookup was no hit, or why there was none: no entry under the key · an entry older than `--cache-ttl` · an entry of
 * another kind than an image · an entry that could not be read · not looked up as a step of the same stage before it
 * missed · its kind is never looked up with this executor and these flags · the executor did not come to it.
 */
export type CacheReason = "no-entry" | "expired" | "media-type" | "unreadable" | "after-miss" | "kind" | "not-reached";

export interface LayerRef {
  readonly digest: Digest;
  readonly diffId: DiffId | null;
  readonly sizeBytes: number;
  readonly mediaType: string;
}

export interface StageRef {
  /** From 0, in the order of the Dockerfile. */
  readonly index: number;
  /** The name after AS, or "". */
  readonly name: string;
}

export interface StepCache {
  readonly key: string | null;
  readonly result: CacheResult;
  /** Of a miss; missing in records of older versions. `cacheReason` (lib/explain) tells it for every step. */
  readonly reason?: CacheReason | null | undefined;
  /**
   * The parts that this instruction added to the key, in order; the key is the hash of all parts of its stage up to here.
   * The first instruction of a stage has the base in front. Null where the log did not tell them.
   */
  readonly parts: readonly string[] | null;
}

/**
 * What a step's time went into, exactly, from the executor's trace. Milliseconds, with fractions; null for what the step did
 * not do. Together they are less than its `durationMs`, and the push goes on beside the steps that follow.
 */
export interface StepTimes {
  /** FROM: the base image unpacked. */
  readonly unpackMs: number | null;
  /** The first RUN of a stage: all files looked at, so that what it changes can be told. */
  readonly firstSnapshotMs: number | null;
  /** The instruction itself; of a hit, its layer unpacked. */
  readonly runMs: number | null;
  readonly snapshotMs: number | null;
  /** Into the layer cache, compressing included. */
  readonly pushMs: number | null;
}

/** One instruction of the Dockerfile, FROM included, with what the executor made of it. */
export interface Step {
  /** From 1, through all stages in the order of the Dockerfile. */
  readonly number: number;
  readonly stage: StageRef;
  /** First and last line in the Dockerfile, from 1; null for an image's history, or a trigger of the base (ONBUILD). */
  readonly line: number | null;
  readonly endLine: number | null;
  /** Upper case: `RUN`, `COPY`, `FROM` …; "" where the history of an image does not tell. */
  readonly instruction: string;
  /** The whole instruction as one line, continuation lines joined. */
  readonly text: string;
  readonly status: StepStatus;
  readonly cache: StepCache;
  /** The layer that this step made or took from the cache; null when it made none. */
  readonly layer: LayerRef | null;
  /** FROM only: the layers of the base image (empty for scratch and for an earlier stage), oldest first. */
  readonly baseLayers: readonly LayerRef[];
  /** FROM only: the earlier stage that this one starts from. */
  readonly baseStage: number | null;
  /** Milliseconds from the start of the build to the start of this step; null when it did not run. */
  readonly startedMs: number | null;
  readonly durationMs: number | null;
  /** The part of `durationMs` that the snapshot took; null where the log does not tell. */
  readonly snapshotMs: number | null;
  /** Missing where the executor sent no trace, and in records of older versions; `durationMs` is then from its log. */
  readonly times?: StepTimes | undefined;
  /** Paths that this step's layer added, modified and deleted against the step before; null where it is not known. */
  readonly added: number | null;
  readonly modified: number | null;
  readonly deleted: number | null;
  readonly bytesAdded: number | null;
}

export type BuildStatus = "running" | "succeeded" | "failed" | "cancelled";

export type DriverName = "docker" | "sandbox" | "kubernetes";

export interface ExecutorIdentity {
  /** As the user or the default named it: an image name or a path. */
  readonly source: string;
  /** Such as `v1.28.3`; "" when it could not be found out. */
  readonly version: string;
  readonly family: "fork" | "upstream" | "unknown";
}

export interface BuildFailure {
  readonly message: string;
  /** Number of the step that failed, or null. */
  readonly step: number | null;
  /** Exit code of the executor (of the failing RUN where there is one), or null. */
  readonly exitCode: number | null;
}

/** What the user asked for, without any secret: names of build arguments that look like secrets have their value masked. */
export interface RecordedSpec {
  readonly context: string;
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target: string | null;
  readonly destinations: readonly string[];
  readonly cache: string;
  /** All flags as given to the executor, with paths as it saw them. */
  readonly flags: readonly string[];
  /** Variables `FF_KANIKO_*` that the executor got; missing where it got none, and in records of older versions. */
  readonly featureFlags?: Readonly<Record<string, string>> | undefined;
  /** Where the build was read from, when it was read from a CI file. */
  readonly origin?: CiOrigin | undefined;
}

/** What was predicted before the executor had said anything, compared with what it then did. */
export interface PredictionOutcome {
  /** Steps whose key the executor computed. */
  readonly keys: number;
  /** Of those, the ones whose key was called known. */
  readonly known: number;
  /** Of those, the ones with the executor's very key. */
  readonly exact: number;
  /** Numbers of the steps with another one. */
  readonly wrong: readonly number[];
  /** The same for what the layer cache would say: hit, miss or not looked up. */
  readonly results: { readonly known: number; readonly exact: number; readonly wrong: readonly number[] };
  /** Why nothing was predicted; else null. */
  readonly unknown: string | null;
  /** Of every wrong step both; missing in records of older versions. */
  readonly differences?: readonly PredictionDifference[] | undefined;
}

export interface PredictionDifference {
  readonly step: number;
  /** Null where only the answer of the layer cache was predicted. */
  readonly predictedKey: string | null;
  readonly key: string;
  readonly predictedResult: "hit" | "miss" | "expired" | "skipped" | "unknown";
  readonly result: CacheResult;
}

/** `builds/<id>/build.json`. */
export interface BuildRecord {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly name: string | null;
  readonly status: BuildStatus;
  readonly driver: DriverName;
  readonly executor: ExecutorIdentity;
  readonly spec: RecordedSpec;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly manifest: Digest | null;
  readonly config: Digest | null;
  /** Layers of the final image, oldest first; empty when the build did not get there. */
  readonly layers: readonly LayerRef[];
  /** Sizes of all files of the image together; missing without an image, and in records of older versions. */
  readonly unpackedBytes?: number | undefined;
  readonly steps: readonly Step[];
  readonly failure: BuildFailure | null;
  /** Things a user should know, such as bases that could not be fetched. */
  readonly warnings: readonly string[];
  /** Missing when the build did not get as far as a key, and in records of older versions. */
  readonly prediction?: PredictionOutcome | undefined;
}
