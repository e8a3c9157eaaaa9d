/** One step of an image with all that it did, ready to be asked without waiting. */

import type { Lab, StepOf } from "../lab/lab.ts";
import type { ProgressOptions } from "../lab/questions.ts";
import type { LayerRef, Step, StepCache, StepStatus } from "../model/build.ts";
import type { Snapshot, TreeNode } from "../model/snapshot.ts";
import type { Target } from "../model/target.ts";
import type { ChangeList } from "../snapshot/change-list.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";
import { Difference } from "./difference.ts";

/**
 * An instruction of a Dockerfile (of a build), or an entry of an image's history: what it changed against the step before,
 * and the file system after it. Made by `image.step()` and `image.lastStep()`, which read the layers; everything here but
 * `read` and `readText` answers at once.
 *
 * Paths are written from the root of the image, as in `/usr/bin/curl`.
 */
export class StepView {
  /** @internal */
  readonly target: Target;
  /** The record of the step: its line, times, key of the layer cache and its parts. */
  readonly step: Step;
  /** What the step added, modified and deleted against the step before; of the first step everything is added. */
  readonly changes: Difference;
  /** The file system after the step. Its own paths have no slash in front. */
  readonly files: Snapshot;
  readonly #lab: Lab;

  private constructor(lab: Lab, { target, step }: StepOf, changes: ChangeList, files: Snapshot) {
    this.#lab = lab;
    this.target = target;
    this.step = step;
    this.changes = new Difference(changes);
    this.files = files;
  }

  /** @internal */
  static async open(lab: Lab, of: StepOf, options: ProgressOptions): Promise<StepView> {
    const changes = await lab.changesOf(of.target, of.step, options);
    return new StepView(lab, of, changes, await lab.snapshotAt(of.target, of.step, options));
  }

  /** From 1, through all stages in the order of the Dockerfile. */
  get number(): number {
    return this.step.number;
  }

  /** Upper case: `RUN`, `COPY`, `FROM` …; "" where the history of an image does not tell. */
  get instruction(): string {
    return this.step.instruction;
  }

  /** The whole instruction as one line. */
  get text(): string {
    return this.step.text;
  }

  /** Whether it ran, came from the layer cache, changed nothing, failed, or was not reached. */
  get status(): StepStatus {
    return this.step.status;
  }

  /** What the layer cache said, and under which key. */
  get cache(): StepCache {
    return this.step.cache;
  }

  /** The layer that the step made or took from the layer cache; null when it made none. */
  get layer(): LayerRef | null {
    return this.step.layer;
  }

  /** Size of the step's layers as they are stored and pulled, compressed: of a FROM those of the base image. */
  get sizeBytes(): number {
    const { baseLayers, layer } = this.step;
    return [...baseLayers, ...(layer === null ? [] : [layer])].reduce((sum, one) => sum + one.sizeBytes, 0);
  }

  /** Milliseconds; null when it did not run, or nobody knows. */
  get durationMs(): number | null {
    return this.step.durationMs;
  }

  /** As `changes.added`. */
  get added(): readonly string[] {
    return this.changes.added;
  }

  /** As `changes.modified`. */
  get modified(): readonly string[] {
    return this.changes.modified;
  }

  /** As `changes.deleted`. */
  get deleted(): readonly string[] {
    return this.changes.deleted;
  }

  /** What is at a path after the step; null when there is nothing. Links on the way are followed, one at its end is not. */
  node(path: string): TreeNode | null {
    const clean = path.replace(/^\/+|\/+$/g, "");
    const direct = this.files.node(clean);
    if (direct !== null || !clean.includes("/")) return direct;
    const slash = clean.lastIndexOf("/");
    const folder = resolvePath(this.files, clean.slice(0, slash));
    return folder === null ? null : this.files.node(`${folder}/${clean.slice(slash + 1)}`.replace(/^\//, ""));
  }

  /**
   * The content of a file after the step, in pieces; symbolic links are followed inside the image.
   * @throws LabError `not-found`; `usage` for what is no file; `blob-missing` where only the layer's listing is known (a thin recording); `damaged`.
   */
  read(path: string, options: ProgressOptions = {}): AsyncIterable<Uint8Array> {
    return this.#lab.readFile(this.target, this.step, path.replace(/^\/+/, ""), options);
  }

  /** The content of a file after the step as UTF-8. @throws LabError as `read`. */
  async readText(path: string, options: ProgressOptions = {}): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(path, options)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }
}
