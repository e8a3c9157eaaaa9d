/** A build or an image that was opened. */

import { LabError } from "../error.ts";
import { finalStep, findStep, lastStepOfStage } from "../lab/chain.ts";
import { configOf } from "../lab/config-of.ts";
import type { Lab } from "../lab/lab.ts";
import type { ProgressOptions, SearchMatch, SearchQuery } from "../lab/questions.ts";
import type { BuildRecord, Step } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import { showText } from "../model/path-text.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { StepView } from "./step-view.ts";

/** What was built, or an image from anywhere: its steps and layers. Made by `build` and `openImage`. Holds nothing open. */
export class ImageView {
  /** @internal */
  readonly lab: Lab;
  /** @internal */
  readonly target: Target;
  /** @internal */
  readonly cache: CacheFolder;

  /** @internal */
  constructor(cache: CacheFolder, lab: Lab, target: Target) {
    this.cache = cache;
    this.lab = lab;
    this.target = target;
  }

  /** A build's name or id, or the image's name. */
  get name(): string {
    return this.target.name;
  }

  /** The build's record; null for an image that was not built here. */
  get build(): BuildRecord | null {
    return this.target.build;
  }

  /** Through all stages, in the order of the Dockerfile. What a step did to files, `step()` tells. */
  get steps(): readonly Step[] {
    return this.target.steps;
  }

  /** Every layer of every stage once, oldest first. */
  get layers(): readonly TargetLayer[] {
    return this.target.layers;
  }

  /** Size of the layers of the final image as they are stored and pulled, compressed. */
  get sizeBytes(): number {
    const layers = this.build?.layers ?? this.target.layers;
    return layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /**
   * One step with what it changed, and the file system after it. Reads the layers up to it: the first time that takes what
   * inflating them takes.
   * @param which its number from 1; how its instruction begins, as in `"RUN apk add"`, or a pattern for it; or `{ stage }`
   * for the last step of a stage, by its name or its number from 0.
   * @throws LabError `unknown-step`, also when several steps fit; `unknown-stage`; `blob-missing`, `damaged`, `too-large`.
   */
  async step(which: StepChoice, options: ProgressOptions = {}): Promise<StepView> {
    return StepView.open(this.lab, { target: this.target, step: chooseStep(this.steps, which) }, options);
  }

  /** The step that the image ends with: its `files` are the image's. @throws LabError `not-found` when there are no steps. */
  async lastStep(options: ProgressOptions = {}): Promise<StepView> {
    const step = finalStep(this.steps);
    if (step === null) throw new LabError("not-found", `${showText(this.name)} has no steps`);
    return StepView.open(this.lab, { target: this.target, step }, options);
  }

  /** Entry point, environment, user and so on; null where it is not known. */
  async config(): Promise<ImageConfig | null> {
    return configOf(this.cache, this.target);
  }

  /** All entries of all layers whose path fits, deleted ones, too. @param query a text is looked for anywhere in the path. */
  search(query: string | SearchQuery, options: ProgressOptions = {}): AsyncIterable<SearchMatch> {
    const asked = typeof query === "string" ? ({ text: query, mode: "substring", ignoreCase: false } as const) : query;
    return this.lab.search(this.target, asked, options);
  }
}

export type StepChoice = number | string | RegExp | { readonly stage: string | number };

function chooseStep(steps: readonly Step[], which: StepChoice): Step {
  if (typeof which === "number") return findStep(steps, which);
  if (typeof which === "object" && "stage" in which) return lastStepOfStage(steps, String(which.stage));
  const fits = (text: string) => (typeof which === "string" ? text.startsWith(which) : text.search(which) >= 0);
  const found = steps.filter(({ text }) => fits(text));
  if (found.length === 1) return found[0] as Step;
  const wanted = typeof which === "string" ? JSON.stringify(which) : String(which);
  if (found.length > 1) {
    const numbers = found.map(({ number }) => number).join(", ");
    throw new LabError("unknown-step", `several steps are ${wanted}: ${numbers}`, {
      hint: "write more of it, or its number",
    });
  }
  const known = steps.map(({ number, text }) => `${number} ${showText(text)}`).join("; ");
  throw new LabError("unknown-step", `no step is ${wanted}`, { hint: `there are: ${known}` });
}
