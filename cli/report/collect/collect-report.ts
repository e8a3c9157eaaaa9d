/** Asks everything that a report tells, of one target or of two. */

import { quoteWord } from "../../../lib/ci/shell/quote-word.ts";
import { compareTargets } from "../../../lib/compare/compare-targets.ts";
import { compareStepFiles, isTimeOnly } from "../../../lib/compare/step-files.ts";
import { LabError } from "../../../lib/error.ts";
import { finalStep, findStep, layersOfStep, stepBefore } from "../../../lib/lab/chain.ts";
import type { Step } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import type { CliContext } from "../../context.ts";
import type { ReportChanges, ReportComparison, ReportDiff, ReportDocument } from "../document.ts";
import { changeColumns, DiffCollector, isTold } from "./changes.ts";
import { collectFiles } from "./files.ts";
import { collectLint, collectPackages, collectWaste } from "./findings.ts";
import { partOf } from "./parts.ts";
import type { ReportRequest } from "./request.ts";
import { collectSide } from "./side.ts";

/** A target with the word that named it. */
export interface NamedTarget {
  readonly target: Target;
  readonly word: string;
}

/** @param one what `target` is compared with; null: nothing. */
export async function collectReport(
  context: CliContext,
  request: ReportRequest,
  { target, word }: NamedTarget,
  one: NamedTarget | null,
): Promise<ReportDocument> {
  const madeAt = new Date().toISOString();
  const side = await collectSide(request, target, word, one === null ? undefined : one.target.build);
  const step = finalStep(target.steps);
  const ofImage = async <Value>(collect: (step: Step) => Promise<Value>) =>
    partOf(async () => {
      if (step === null || side.image === null) throw new LabError("not-found", "there is no image");
      return collect(step);
    });
  const told =
    one === null
      ? { comparison: null, ...(await stepChanges(request, target)) }
      : await compare(request, one, { target, word });
  return {
    madeAt,
    shell: shellOf(context),
    side,
    waste: await ofImage(step => collectWaste(context, request, target, step)),
    lint: await ofImage(step => collectLint(request, target, step)),
    packages: await ofImage(() => collectPackages(request, target)),
    files: await ofImage(() => collectFiles(request, target)),
    ...told,
  };
}

/** `kaniko-lab`, with the cache folder where that was named. */
function shellOf({ cacheWord }: CliContext): string {
  return cacheWord === undefined ? "kaniko-lab" : `kaniko-lab --cache-dir ${quoteWord(cacheWord)}`;
}

interface ToldChanges {
  readonly changes: readonly ReportChanges[];
  readonly diffs: readonly ReportDiff[];
}

/** What each step with a layer of its own did. */
async function stepChanges(request: ReportRequest, target: Target): Promise<ToldChanges> {
  const changes: ReportChanges[] = [];
  const diffs = new DiffCollector(request);
  for (const step of target.steps) {
    const before = stepBefore(target.steps, step);
    if (before === null || layersOfStep(step).length === 0) continue;
    await partOf(async () => {
      const list = await request.lab.changesOf(target, step, request.progress);
      changes.push(await changeColumns(request, step.number, list));
      await diffs.add(step.number, { target, step: before }, { target, step }, list);
    });
  }
  return { changes, diffs: diffs.diffs };
}

async function compare(
  request: ReportRequest,
  one: NamedTarget,
  other: NamedTarget,
): Promise<ToldChanges & { readonly comparison: ReportComparison }> {
  const { lab, cache, progress } = request;
  const whole = await compareTargets(cache, lab, one.target, other.target, progress);
  const changes: ReportChanges[] = [];
  const diffs = new DiffCollector(request);
  const [from, to] = [finalStep(one.target.steps), finalStep(other.target.steps)];
  if (whole.files !== null && from !== null && to !== null) {
    const sides = [
      { target: one.target, step: from },
      { target: other.target, step: to },
    ] as const;
    const list = (await lab.diff(...sides, progress)).select(change => isTold(change) && !isTimeOnly(change));
    changes.push(await changeColumns(request, null, list));
    await diffs.add(null, ...sides, list);
  }
  for (const pair of whole.pairs) {
    if (pair.one === null || pair.other === null || pair.files === null || pair.status === "same") continue;
    const sides = [
      { target: one.target, step: findStep(one.target.steps, pair.one.number) },
      { target: other.target, step: findStep(other.target.steps, pair.other.number) },
    ] as const;
    const { changes: ofPair } = await compareStepFiles(lab, ...sides, progress);
    if (ofPair.length === 0) continue;
    changes.push(await changeColumns(request, pair.other.number, ofPair));
    await diffs.add(pair.other.number, ...sides, ofPair);
  }
  const comparison = {
    one: await collectSide(request, one.target, one.word),
    differs: whole.differs,
    pairs: whole.pairs.map(({ one, other, status, files }) => ({
      status,
      one: one?.number ?? null,
      other: other?.number ?? null,
      files,
    })),
    config: whole.config,
    files: whole.files,
  };
  return { comparison, changes, diffs: diffs.diffs };
}
