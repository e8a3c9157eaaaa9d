import { finalStep, layersOfStep, layersUpTo, stepBefore } from "../lab/chain.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";

/** What later happened to one version of a file. */
export interface VersionFate {
  readonly state: "present" | "overwritten" | "deleted";
  /** The step that did it; null for `present`. It may be the version's own step: a tar can have a path twice, a base many layers. */
  readonly step: number | null;
}

/** Which entry of which layer. */
export interface FileVersion {
  readonly layer: TargetLayer;
  readonly entry: number;
  readonly path: string;
}

/** Tells of versions what became of them, in the image where their layer is in it, else to the end of their stage. */
export class VersionFates {
  readonly #lab: Lab;
  readonly #target: Target;
  readonly #options: ProgressOptions;
  readonly #inImage: readonly Step[];

  constructor(lab: Lab, target: Target, options: ProgressOptions) {
    this.#lab = lab;
    this.#target = target;
    this.#options = options;
    const last = finalStep(target.steps);
    this.#inImage = last === null ? [] : stepsUpTo(target.steps, last);
  }

  async of(version: FileVersion): Promise<VersionFate> {
    for (const step of this.#stepsFrom(version.layer)) {
      const snapshot = await this.#lab.snapshotAt(this.#target, step, this.#options);
      const node = snapshot.node(placeOf(snapshot, version.path));
      if (node === null) return { state: "deleted", step: step.number };
      const giver = node.layer < 0 ? null : (layersUpTo(this.#target.steps, step)[node.layer]?.layer.digest ?? null);
      if (giver !== digestOf(version.layer) || node.entry !== version.entry) {
        return { state: "overwritten", step: step.number };
      }
    }
    return { state: "present", step: null };
  }

  /** The steps that have the layer below them and one of their own, from the layer's own on. */
  #stepsFrom(layer: TargetLayer): Step[] {
    const { steps } = this.#target;
    const own = steps.find(step => step.number === layer.step);
    if (own === undefined) return [];
    const stageEnd = steps.findLast(step => step.stage.index === own.stage.index) ?? own;
    const chain = this.#inImage.includes(own) ? this.#inImage : stepsUpTo(steps, stageEnd);
    return chain.slice(chain.indexOf(own)).filter(step => step === own || layersOfStep(step).length > 0);
  }
}

/** A step and all before it in its file system, the first one first. */
function stepsUpTo(steps: readonly Step[], last: Step): Step[] {
  const chain: Step[] = [];
  for (let at: Step | null = last; at !== null; at = stepBefore(steps, at)) chain.unshift(at);
  return chain;
}

/** Where a path of a tar is in the tree: its folders may be links there. */
function placeOf(snapshot: Snapshot, path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return path;
  const folder = resolvePath(snapshot, path.slice(0, slash));
  return folder === null ? path : `${folder}${folder === "" ? "" : "/"}${path.slice(slash + 1)}`;
}

function digestOf(layer: TargetLayer): Digest {
  return layer.digest ?? (layer.diffId as string as Digest);
}
