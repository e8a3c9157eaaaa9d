/**
 * The library's one front: opens targets and answers what is in them. It wires stores, image sources, the layer engine
 * and snapshots together and keeps what was opened, so that a display can ask again and again.
 */

import type { LabError } from "../error.ts";
import type { Step } from "../model/build.ts";
import type { EntryType } from "../model/entry.ts";
import type { LayerFacts, LayerIndex } from "../model/layer-index.ts";
import type { Change, Snapshot } from "../model/snapshot.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import type { ChangeList } from "../snapshot/change-list.ts";

export interface ProgressOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called while something takes long: what, how much is done of how much (null: unknown), in bytes or in rows of a table. */
  readonly onProgress?:
    | ((what: string, done: number, total: number | null, unit?: "bytes" | "rows") => void)
    | undefined;
}

export interface SearchQuery {
  readonly text: string;
  /** `fuzzy`: the letters in their order; the best hits come first, once all layers were looked at. */
  readonly mode: "substring" | "glob" | "regex" | "fuzzy";
  readonly ignoreCase: boolean;
  /** Of a fuzzy search: how many hits at most. @defaultValue 10,000 */
  readonly most?: number | undefined;
}

/** One hit: an entry of a layer, and what its layer did to the path. */
export interface SearchMatch {
  readonly path: string;
  readonly step: number | null;
  readonly layer: TargetLayer;
  /** A added, M modified, D deleted (a whiteout). */
  readonly kind: "A" | "M" | "D";
  readonly type: EntryType;
  readonly sizeBytes: number;
}

/** What one layer did to a path. */
export interface HistoryItem {
  readonly step: number | null;
  readonly layer: TargetLayer;
  readonly change: Change;
}

/** What displays ask; implemented by `openLab`. */
export interface Lab {
  /** @throws LabError `unknown-target` */
  openTarget(word: string, options?: ProgressOptions): Promise<Target>;
  /** Indexes of layers in the order given; made where they are missing. */
  indexes(layers: readonly TargetLayer[], options?: ProgressOptions): Promise<LayerIndex[]>;
  /** What is known of layers as a whole, without opening what is in them; in the order given. */
  facts(layers: readonly TargetLayer[], options?: ProgressOptions): Promise<LayerFacts[]>;
  /** The file system after a step. Kept for the steps asked last. */
  snapshotAt(target: Target, step: Step, options?: ProgressOptions): Promise<Snapshot>;
  /**
   * The file system after a step as far as a path concerns it: the path itself, its parents, and what is below it; anything
   * else may be missing. Much faster than `snapshotAt` where that is not kept.
   */
  snapshotOf(target: Target, step: Step, path: string, options?: ProgressOptions): Promise<Snapshot>;
  /** What a step changed against the step before; for the first step everything is added. */
  changesOf(target: Target, step: Step, options?: ProgressOptions): Promise<ChangeList>;
  /** From the file system after `from` to that after `to`, of the same or of two targets. */
  diff(from: StepOf, to: StepOf, options?: ProgressOptions): Promise<ChangeList>;
  /**
   * The content of a file after a step; symbolic links are followed inside the image. Of an image with a damaged layer it
   * can be read where a later layer says all of it.
   * @throws LabError `not-found`, `usage`
   */
  readFile(target: Target, step: Step, path: string, options?: ReadFileOptions): AsyncIterable<Uint8Array>;
  /** All entries of all layers whose path fits, in the order of the layers; stop iterating to stop the search. */
  search(target: Target, query: SearchQuery, options?: ProgressOptions): AsyncIterable<SearchMatch>;
  /** What happened to a path, oldest first. */
  history(target: Target, path: string, options?: ProgressOptions): Promise<readonly HistoryItem[]>;
  /** Writes paths as they are after a step below a folder, never outside of it. @returns the number of files written. */
  extract(target: Target, step: Step, request: ExtractRequest, options?: ProgressOptions): Promise<number>;
}

export interface ReadFileOptions extends ProgressOptions {
  /** Told that a layer is damaged, which the file that is read does not need. */
  readonly onDamage?: ((error: LabError) => void) | undefined;
}

export interface ExtractRequest {
  /** Files, or folders with everything below; empty: everything. */
  readonly paths: readonly string[];
  readonly folder: string;
  /** Give files their numeric owner, setuid bits and all; needs root. */
  readonly preserveOwner: boolean;
  /** Told once, at the end: what is never written (devices, named pipes, hard links to nothing). */
  readonly onSkipped?: ((paths: readonly string[]) => void) | undefined;
}

export interface StepOf {
  readonly target: Target;
  readonly step: Step;
}
