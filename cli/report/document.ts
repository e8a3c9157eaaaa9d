/** What a report is made from: plain data, the same for every form, and what `--json` prints. Texts are as they were found. */

import type { PairStatus } from "../../lib/compare/compare-targets.ts";
import type { ConfigChange, ConfigFact } from "../../lib/compare/config-facts.ts";
import type { BuildStatus, CacheReason, CacheResult, StageRef, StepTimes } from "../../lib/model/build.ts";
import type { EntryType } from "../../lib/model/entry.ts";
import type { ChangeCause, ChangeCounts, ChangeKind } from "../../lib/model/snapshot.ts";

export interface ReportDocument {
  /** ISO 8601. */
  readonly madeAt: string;
  /** The program with what it needs to find the target again, such as `kaniko-lab --cache-dir x`. */
  readonly shell: string;
  /** What the report is about; of a comparison the second one. */
  readonly side: ReportSide;
  /** Null unless two are compared. */
  readonly comparison: ReportComparison | null;
  readonly waste: Part<ReportWaste>;
  readonly lint: Part<ReportLint>;
  readonly packages: Part<readonly ReportStepPackages[]>;
  readonly files: Part<ReportFiles>;
  /** What each step did; of a comparison what differs: first the images as a whole, then steps. */
  readonly changes: readonly ReportChanges[];
  readonly diffs: readonly ReportDiff[];
}

/** Something that can be missing, with the reason. */
export type Part<Value> = { readonly value: Value } | { readonly missing: string };

export interface ReportSide {
  readonly name: string;
  /** How a line for a shell names it. */
  readonly word: string;
  /** Null for an image that was not built here. */
  readonly build: ReportBuild | null;
  readonly image: ReportImage | null;
  readonly steps: readonly ReportStep[];
  /** Against which build the reasons of the misses are told; null when there is none. */
  readonly against: { readonly name: string; readonly word: string } | null;
}

export interface ReportBuild {
  readonly id: string;
  readonly status: BuildStatus;
  readonly driver: string;
  readonly executor: string;
  readonly context: string;
  readonly dockerfile: string;
  /** From the top of its checkout (else of the context), with slashes; for findings that name a file. */
  readonly dockerfileUri: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly failure: ReportFailure | null;
  readonly warnings: readonly string[];
  readonly cacheIsOn: boolean;
}

export interface ReportFailure {
  readonly message: string;
  readonly step: number | null;
  /** The last lines that the step printed. */
  readonly output: readonly string[];
}

export interface ReportImage {
  readonly digest: string | null;
  readonly platform: string;
  /** Of the layers as they are stored. */
  readonly sizeBytes: number;
  readonly unpackedBytes: number | null;
  readonly layerCount: number;
  readonly fileCount: number | null;
  /** Values that are called like secrets are masked. */
  readonly config: readonly ConfigFact[];
}

export interface ReportStep {
  readonly number: number;
  readonly stage: StageRef;
  readonly line: number | null;
  readonly endLine: number | null;
  readonly instruction: string;
  readonly text: string;
  readonly result: StepResult;
  readonly cache: {
    readonly key: string | null;
    readonly result: CacheResult;
    readonly reason: CacheReason | null;
    /** What the layer cache said, as a sentence. */
    readonly sentence: string;
  };
  readonly layer: string | null;
  /** Of its layer, or of the base's layers; null when it has none. */
  readonly sizeBytes: number | null;
  readonly baseLayers: number;
  readonly startedMs: number | null;
  readonly durationMs: number | null;
  readonly snapshotMs: number | null;
  readonly times: StepTimes | null;
  readonly added: number | null;
  readonly modified: number | null;
  readonly deleted: number | null;
  /** Why it was no hit; null where there is nothing to say. */
  readonly why: ReportWhy | null;
}

export type StepResult = "hit" | "miss" | "expired" | "run" | "meta" | "skipped" | "failed" | "stopped" | "history";

export interface ReportWhy {
  readonly sentence: string;
  /** The cause began with this step: it is no consequence of another one. */
  readonly isFirst: boolean;
  readonly kind: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly path: string | null;
}

export interface ReportComparison {
  readonly one: ReportSide;
  readonly differs: boolean;
  readonly pairs: readonly ReportPair[];
  readonly config: readonly ConfigChange[];
  readonly files: (ChangeCounts & { readonly timeOnly: number }) | null;
}

export interface ReportPair {
  readonly status: PairStatus;
  /** Numbers of the steps on both sides. */
  readonly one: number | null;
  readonly other: number | null;
  readonly files: (ChangeCounts & { readonly timeOnly: number }) | null;
}

export interface ReportWaste {
  readonly efficiency: number;
  readonly storedBytes: number;
  readonly wastedBytes: number;
  readonly base: { readonly storedBytes: number; readonly wastedBytes: number };
  readonly findings: readonly ReportWasteFinding[];
  /** Rules of the context that are broken, in words. */
  readonly brokenRules: readonly string[];
}

export interface ReportWasteFinding {
  readonly kind: string;
  readonly title: string;
  readonly hint: string;
  readonly step: number | null;
  readonly line: number | null;
  /** The step that hid the content, or had it first. */
  readonly otherStep: number | null;
  readonly sizeBytes: number;
  readonly count: number;
  readonly paths: readonly { readonly path: string; readonly sizeBytes: number; readonly same: string | null }[];
}

export interface ReportLint {
  readonly findings: readonly ReportFinding[];
  /** How many are not kept. */
  readonly dropped: number;
  /** Contents could not be looked into: only names and config were. */
  readonly namesOnly: boolean;
}

export interface ReportFinding {
  readonly rule: string;
  readonly severity: "error" | "warning" | "note";
  readonly step: number | null;
  readonly line: number | null;
  readonly path: string | null;
  readonly detail: string;
  readonly why: string;
  readonly hint: string;
  /** How and by which step it was removed again, while the layer still has it. */
  readonly gone: { readonly how: string; readonly step: number | null } | null;
}

export interface ReportStepPackages {
  readonly step: number;
  readonly isBase: boolean;
  readonly changes: readonly ReportPackage[];
}

export interface ReportPackage {
  readonly change: "added" | "removed" | "upgraded" | "downgraded" | "changed";
  readonly kind: string;
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly sizeBytes: number | null;
}

/** The files of the image in columns, one value a file, in the order of paths: a folder directly before what is in it. */
export interface ReportFiles {
  /** After this step. */
  readonly step: number;
  readonly paths: readonly string[];
  readonly types: readonly EntryType[];
  readonly modes: readonly number[];
  /** `uid:gid` */
  readonly owners: readonly string[];
  /** Of folders: all below. */
  readonly sizesBytes: readonly number[];
  readonly mtimesSeconds: readonly number[];
  readonly links: readonly (string | null)[];
  /** The step whose layer has it; 0 for folders that no layer has. */
  readonly steps: readonly number[];
  /** The smallest files of an image of very many, which are left out. */
  readonly leftOut: number;
}

/** Changes in columns, in the order of paths. */
export interface ReportChanges {
  /** Of a comparison null stands for the images as a whole. */
  readonly step: number | null;
  readonly counts: ChangeCounts;
  readonly paths: readonly string[];
  readonly kinds: readonly ChangeKind[];
  readonly causes: readonly (readonly ChangeCause[])[];
  readonly beforeBytes: readonly number[];
  readonly afterBytes: readonly number[];
  readonly leftOut: number;
}

/** The unified difference of a small text file. */
export interface ReportDiff {
  /** As in `ReportChanges`. */
  readonly step: number | null;
  readonly path: string;
  readonly text: string;
}
