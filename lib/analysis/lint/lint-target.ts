import { availableParallelism } from "node:os";
import { finalStep, layersUpTo } from "../../lab/chain.ts";
import { configOf } from "../../lab/config-of.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { Step } from "../../model/build.ts";
import type { Target } from "../../model/target.ts";
import { inSlices } from "../../pausing.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { openStack, type StackLayer } from "../layer-stack.ts";
import { checkConfig } from "./config-checks.ts";
import { checkContents } from "./content-checks.ts";
import type { Finding, Findings } from "./finding.ts";
import { knownOwners } from "./known-owners.ts";
import { lintingLayers } from "./lint-layers.ts";

export interface LintRequest {
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly target: Target;
  /** The file system after this step is judged: all of its layers. */
  readonly step: Step;
  /** Judge the layers of the base image, too. */
  readonly withBase: boolean;
  /** Look into contents: reads every layer once. */
  readonly withContents: boolean;
  readonly nowSeconds: number;
}

export interface LintReport {
  /** Oldest first. */
  readonly layers: readonly StackLayer[];
  /** In the order of the layers; those of the config last. */
  readonly findings: readonly Finding[];
  readonly dropped: number;
}

/** @throws LabError `damaged`, `too-large`, `blob-missing`, `cancelled`. */
export async function lintTarget(request: LintRequest, options: ProgressOptions): Promise<LintReport> {
  const { lab, target, step } = request;
  const layers = await openStack(lab, target, step, options);
  const isJudged = (position: number) => request.withBase || !layers[position]!.isBase;
  const contents = request.withContents ? await searchContents(layers, isJudged, options) : [];
  const linting = lintingLayers(layers, isJudged, contents, {
    nowSeconds: request.nowSeconds,
    users: await knownOwners(lab, target, step, "/etc/passwd", options),
    groups: await knownOwners(lab, target, step, "/etc/group", options),
    onProgress: (done, total) => options.onProgress?.("judging entries", done, total, "rows"),
  });
  const { findings, dropped } = await inSlices(linting, options.signal);
  // The config is that of the image: of another stage it says nothing.
  const config = step === finalStep(target.steps) ? await configOf(request.cache, target) : null;
  const inChain = stepsOfChain(target, step);
  return { layers, findings: [...findings, ...checkConfig(config, inChain, target.build !== null)], dropped };
}

/** The steps whose instructions made this file system: of the own stage up to this one, and of those below. */
function stepsOfChain(target: Target, step: Step): Step[] {
  const stages = new Set([step.stage.index]);
  for (const { step: number } of layersUpTo(target.steps, step)) {
    const maker = target.steps.find(candidate => candidate.number === number);
    if (maker) stages.add(maker.stage.index);
  }
  return target.steps.filter(
    ({ stage, number, status }) => stages.has(stage.index) && number <= step.number && status !== "skipped",
  );
}

/** Inflating runs on threads of its own, so as many layers at a time as there are cores. */
async function searchContents(
  layers: readonly StackLayer[],
  isJudged: (position: number) => boolean,
  options: ProgressOptions,
): Promise<Findings[]> {
  const found: Findings[] = [];
  const waiting = [...layers.keys()].filter(isJudged);
  const totalBytes = waiting.reduce((sum, position) => sum + layers[position]!.columns.sizeBytes, 0);
  let doneBytes = 0;
  const work = async () => {
    for (let position = waiting.shift(); position !== undefined; position = waiting.shift()) {
      const { columns, blob } = layers[position]!;
      found[position] = await checkContents({ position, columns, blob }, options.signal, bytes => {
        doneBytes += bytes;
        options.onProgress?.("searching contents", doneBytes, totalBytes);
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(waiting.length, availableParallelism()) }, work));
  return found;
}
