/** What was copied from an earlier stage and is another file now: which, and which step made it so. */

import { expandWord } from "../dockerfile/expand.ts";
import { compileGoMatch } from "../dockerfile/go-match.ts";
import { cleanGoPath } from "../dockerfile/go-path.ts";
import { LabError } from "../error.ts";
import { chainIsComplete, layersUpTo } from "../lab/chain.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { Step } from "../model/build.ts";
import type { Change, ChangeCause } from "../model/snapshot.ts";
import type { Target } from "../model/target.ts";
import type { BuildView } from "./build-view.ts";
import type { Cause, FileAspect } from "./cause.ts";
import type { ExplainedStep } from "./explain-builds.ts";

export interface ExplainedSide {
  readonly view: BuildView;
  readonly target: Target;
}

/** Fills in path and step of every cause `stage`, from the layers of both builds where they were kept, else from the keys. */
export async function followStages(
  lab: Lab,
  one: ExplainedSide,
  other: ExplainedSide,
  steps: readonly ExplainedStep[],
  progress: ProgressOptions,
): Promise<ExplainedStep[]> {
  const followed: ExplainedStep[] = [];
  for (const explained of steps) {
    const causes: Cause[] = [];
    for (const found of explained.causes)
      causes.push(found.kind === "stage" ? await follow(lab, one, other, explained, found, steps, progress) : found);
    const own = explained.own.map(each => causes.find(({ kind }) => kind === "stage" && each.kind === "stage") ?? each);
    const [first] = causes;
    // What a step of another stage did with a cause of its own is that one's matter.
    const isConsequence =
      first?.kind === "stage" &&
      steps.some(each => each.step.number === first.step && each.own.length + each.causes.length > 0);
    followed.push({ ...explained, causes, own, isFirst: explained.isFirst && !isConsequence });
  }
  return followed;
}

/** The same from the keys alone: the step where the stage that is copied from began to differ. Pure. */
export function followKeys(view: BuildView, steps: readonly ExplainedStep[]): ExplainedStep[] {
  return steps.map(explained => {
    const stage = sourceStage(view, explained.step);
    const step = stage === null ? null : firstOwn(view, steps, stage);
    const causes = explained.causes.map(each => (each.kind === "stage" ? { ...each, step } : each));
    return { ...explained, causes, isFirst: explained.isFirst && !(causes[0]?.kind === "stage" && step !== null) };
  });
}

async function follow(
  lab: Lab,
  one: ExplainedSide,
  other: ExplainedSide,
  { step, before }: ExplainedStep,
  found: Cause,
  steps: readonly ExplainedStep[],
  progress: ProgressOptions,
): Promise<Cause> {
  const stage = sourceStage(other.view, step);
  const oldStage = before === null ? null : sourceStage(one.view, before);
  if (stage === null || oldStage === null || before === null)
    return { ...found, notes: ["what the image of that name holds is another"] };
  const name = other.view.scopes?.resolved.stages[stage]?.stage.name || found.name;
  const changes = await changesOf(lab, one, other, [oldStage, stage], step, progress);
  const inKeys = firstOwn(other.view, steps, stage);
  const first = changes?.[0];
  if (changes === null || first === undefined) return { ...found, name, step: inKeys };
  return {
    ...found,
    name,
    path: first.change.path,
    aspects: aspectsOf(first.change),
    more: changes.length - 1,
    step: first.maker ?? inKeys,
  };
}

/** The earlier stage that a COPY takes from, or null. */
function sourceStage(view: BuildView, step: Step): number | null {
  const sources = view.scopes?.resolved.stages[step.stage.index]?.sources ?? [];
  return sources.find(({ via, line }) => via === "COPY" && line === step.line)?.stage ?? null;
}

/** The first step of the stage, or of those below it, that has something of its own. */
function firstOwn(view: BuildView, steps: readonly ExplainedStep[], stage: number): number | null {
  const below = view.from(stage)?.baseStage ?? null;
  const inBase = below === null ? null : firstOwn(view, steps, below);
  const ofStage = steps.find(({ step, own }) => step.stage.index === stage && own.length > 0);
  return inBase ?? ofStage?.step.number ?? null;
}

interface MadeChange {
  readonly change: Change;
  /** Number of the step that left the path as it is now; null for one that is gone. */
  readonly maker: number | null;
}

/** What differs below the words of a COPY between the ends of both source stages; null where their layers were not kept. */
async function changesOf(
  lab: Lab,
  one: ExplainedSide,
  other: ExplainedSide,
  [oldStage, stage]: readonly [number, number],
  step: Step,
  progress: ProgressOptions,
): Promise<MadeChange[] | null> {
  const [from, to] = [endOf(one.view, oldStage), endOf(other.view, stage)];
  const isNamed = sourceMatcher(other.view, step);
  if (from === null || to === null || isNamed === null) return null;
  try {
    const after = await lab.snapshotAt(other.target, to, progress);
    const layers = layersUpTo(other.target.steps, to);
    const changes: MadeChange[] = [];
    for (const change of await lab.diff(
      { target: one.target, step: from },
      { target: other.target, step: to },
      progress,
    )) {
      if (!isNamed(change.path) || aspectsOf(change).length === 0) continue;
      const layer = after.node(change.path)?.layer ?? -1;
      changes.push({ change, maker: layers[layer]?.step ?? null });
    }
    const rank = ({ change }: MadeChange) =>
      Number(change.after?.type === "dir") * 2 + Number(!change.causes.includes("content"));
    return changes.sort((a, b) => rank(a) - rank(b));
  } catch (error) {
    if (error instanceof LabError && ofLayers.has(error.code)) return null;
    throw error;
  }
}

const ofLayers: ReadonlySet<string> = new Set(["blob-missing", "damaged", "digest-mismatch", "too-large"]);

function endOf(view: BuildView, stage: number): Step | null {
  const last = view.record.steps.findLast(step => step.stage.index === stage && step.status !== "skipped");
  return last !== undefined && chainIsComplete(view.record.steps, last, new Set()) ? last : null;
}

function sourceMatcher(view: BuildView, step: Step): ((path: string) => boolean) | null {
  const scope = view.scope(step);
  if (scope === null) return null;
  const words = scope.instruction.args.slice(0, -1).map(word => expandWord(word, scope.variables).text);
  const paths = words.map(word => cleanGoPath(`/${word}`).slice(1));
  const patterns = paths.map(path => (/[*?[]/.test(path) ? compileGoMatch(path) : null));
  return path =>
    paths.some((source, at) => {
      const pattern = patterns[at];
      if (pattern) return pattern(path) || parentsOf(path).some(pattern);
      return source === "" || path === source || path.startsWith(`${source}/`);
    });
}

function parentsOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}

const aspectOfCause: Readonly<Partial<Record<ChangeCause, FileAspect>>> = {
  content: "content",
  mode: "mode",
  owner: "owner",
  link: "link",
  type: "type",
};

/** Only what counts in a key. */
function aspectsOf({ kind, causes }: Change): FileAspect[] {
  return kind === "M" ? causes.flatMap(each => aspectOfCause[each] ?? []) : ["present"];
}
