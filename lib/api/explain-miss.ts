import { LabError } from "../error.ts";
import type { Cause } from "../explain/cause.ts";
import { explainTarget } from "../explain/explain-target.ts";
import { sentenceOf } from "../explain/sentences.ts";
import type { ProgressOptions } from "../lab/questions.ts";
import type { BuildRecord, CacheReason, CacheResult, Step } from "../model/build.ts";
import { showText } from "../model/path-text.ts";
import { BuildStore } from "../store/build-store.ts";
import { previousOf } from "../store/find-build.ts";
import type { ImageView } from "./image-view.ts";

export interface ExplainMissOptions extends ProgressOptions {
  /** The build to compare with. @defaultValue the one before of the same context and Dockerfile; null: none */
  readonly against?: ImageView | null | undefined;
}

/** Why one step was no hit, or that it was one. */
export interface StepExplanation {
  readonly step: Step;
  /** The same instruction in the other build; null for a new one, and without another build. */
  readonly before: Step | null;
  readonly result: CacheResult;
  /** What the layer cache said to the lookup, or why there was none; null for a hit. */
  readonly reason: CacheReason | null;
  /** What is its own first. Empty for a hit, and for what is never looked up. */
  readonly causes: readonly Cause[];
  /** The misses began with this step: it is no consequence of another one. */
  readonly isFirst: boolean;
  /** The causes in words, one line, safe for a terminal. */
  readonly sentence: string;
}

/**
 * Why each step of a build was not taken from Kaniko's layer cache: the first part of its key that differs from the other
 * build's, and what that part stands for (base image, build argument, environment, instruction, file of the context, an
 * earlier step). Works from what the records keep; nothing is run.
 *
 * @returns every step that counts in a key, in order; those that were a hit, too.
 * @throws LabError `usage` for an image that is no build of a cache folder; `cache-unreadable`, `damaged`, `cancelled`.
 *
 * @example
 * ```ts
 * for (const { step, sentence } of await explainMiss(await openImage("latest")))
 *   if (step.cache.result === "miss") console.log(`step ${step.number}: ${sentence}`);
 * ```
 */
export async function explainMiss(image: ImageView, options: ExplainMissOptions = {}): Promise<StepExplanation[]> {
  const build = buildOf(image);
  const { against } = options;
  const other = against === undefined ? await buildBefore(image, build) : against === null ? null : buildOf(against);
  const { steps } = await explainTarget(image.cache, image.lab, other, build, options);
  return steps.map(explained => {
    const { step, before, result, reason, causes, isFirst } = explained;
    return { step, before, result, reason, causes, isFirst, sentence: sentenceOf(explained, steps) };
  });
}

function buildOf({ build, name }: ImageView): BuildRecord {
  if (build !== null) return build;
  throw new LabError("usage", `${showText(name)} is no build of a cache folder`, {
    hint: "only of builds it is known what the layer cache said",
  });
}

async function buildBefore({ cache }: ImageView, build: BuildRecord): Promise<BuildRecord | null> {
  const { builds } = await new BuildStore(cache).list();
  return previousOf(builds, build);
}
