/** The prediction of a build as a user asks for it: its steps with what the cache will say and why, and what an edit costs. */

import { mkdir, readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { executorRequest, locateContext } from "../build/executor-request.ts";
import { planBuild } from "../build/plan-build.ts";
import { recordedSpec } from "../build/recorded-spec.ts";
import type { BuildRequest } from "../build/run-build.ts";
import { createRedactor } from "../build/secrets.ts";
import { Unknown } from "../cache-key/context-reader.ts";
import { type KeyDifference, keyDifference } from "../cache-key/key-difference.ts";
import type { KeyPart } from "../cache-key/key-part.ts";
import type { PredictedResult, PredictedStep } from "../cache-key/prediction.ts";
import { recordedParts } from "../cache-key/recorded-parts.ts";
import { alignSteps } from "../compare/align-steps.ts";
import { relatedBuilds } from "../compare/related-builds.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { LabError } from "../error.ts";
import type { PlannedStep } from "../executor/events.ts";
import type { BuildRecord, ExecutorIdentity, Step } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import { matchSteps } from "./compare-outcome.ts";
import { DiskContext } from "./disk-context.ts";
import { EditedContext } from "./edited-context.ts";
import { type Measured, measuredStep } from "./measured-steps.ts";
import { type PredictBuildRequest, predictBuild } from "./predict-build.ts";

export type ForeseenCause =
  | KeyDifference
  /** `expired`: the entry is there and too old · `gone`: it was there and is not · `first-build`: no build had this step. */
  | { readonly kind: "expired" | "gone" | "first-build" }
  /** Only as that step before it has another key. */
  | { readonly kind: "step"; readonly step: number };

export interface ForeseenStep extends PlannedStep {
  /** `off`: not asked, as with FROM. */
  readonly result: PredictedResult | "off";
  readonly key: string | null;
  /** What this instruction adds to the key; null when it is not known. */
  readonly parts: readonly KeyPart[] | null;
  /** What it was in the build that it is compared with; null for a new one, or without such a build. */
  readonly before: {
    readonly number: number;
    readonly key: string | null;
    readonly parts: readonly KeyPart[] | null;
  } | null;
  /** Of a miss; null when it is not known, or for no miss. */
  readonly cause: ForeseenCause | null;
  /** Why key or result is not known. */
  readonly unknown: string | null;
  /** What the step took when it was run last. */
  readonly measured: Measured | null;
  /** With edits: the step would hit and will not. */
  readonly isInvalidated: boolean;
}

export interface Foresight {
  readonly executor: ExecutorIdentity;
  /** Why nothing can be predicted; else null. */
  readonly unknown: string | null;
  readonly steps: readonly ForeseenStep[];
  /** The build of the same context that it is compared with. */
  readonly against: BuildRecord | null;
}

export interface ForeseeOptions {
  /** Paths of files or folders that are taken for changed, relative to the context or the working folder. */
  readonly edits: readonly string[];
}

/** @throws as `runBuild` before anything runs; LabError `not-found` for an edited path that is not in the context */
export async function foresee(request: BuildRequest, { edits }: ForeseeOptions): Promise<Foresight> {
  const location = locateContext(request.spec, request.workingFolder);
  const plan = await planBuild(request.spec, location);
  const executor = await identify(request);
  const given = executorRequest({ ...request.spec, target: plan.targetFlag }, location);
  const asked: PredictBuildRequest = {
    ...given,
    spec: request.spec,
    location,
    dockerfile: plan.text,
    executor,
    driver: request.driver.name,
    layerCachePlace: request.driver.layerCachePlace,
    cache: request.cache,
    signal: request.signal,
    makesIndexes: true,
  };
  const paths = await editedPaths(edits, location.folder, asked, request.workingFolder);
  const before = await predictBuild(asked);
  if (before instanceof Unknown) return { executor, unknown: before.why, steps: [], against: null };
  const edited =
    paths.length === 0
      ? before
      : await predictBuild({ ...asked, throughContext: context => new EditedContext(context, paths) });
  if (edited instanceof Unknown) return { executor, unknown: edited.why, steps: [], against: null };
  const builds = await earlierBuilds(request);
  const redact = createRedactor(given.secretValues);
  const comparison = await comparisonWith(request, builds);
  const steps = foreseenSteps(plan.steps, before.steps, edited.steps, builds, comparison);
  return { executor, unknown: null, steps: redact(steps), against: comparison?.build ?? null };
}

async function identify({ driver, source, sourceName, cache, spec, signal }: BuildRequest): Promise<ExecutorIdentity> {
  const driverFolder = cache.driver(driver.name);
  await mkdir(driverFolder, { recursive: true });
  const { dockerConfigFile, insecureRegistries } = spec;
  const asked = { source, dockerConfigFile, insecureRegistries, driverFolder, signal, onPreparing: () => {} };
  return { ...(await driver.identify(asked)), source: sourceName };
}

async function editedPaths(
  edits: readonly string[],
  folder: string | null,
  { signal }: PredictBuildRequest,
  workingFolder: string,
): Promise<string[]> {
  if (edits.length === 0 || folder === null) return [];
  const context = new DiskContext({ folder, owners: owner => owner, signal });
  const paths: string[] = [];
  for (const edit of edits) {
    const candidates = [resolve(folder, edit), resolve(workingFolder, edit)].map(file => relative(folder, file));
    const inside = candidates.filter(path => !isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`));
    const found = [];
    for (const path of inside) {
      const file = await context.stat(path);
      if (file !== null && !(file instanceof Unknown)) found.push(path);
    }
    if (found[0] === undefined) {
      throw new LabError("not-found", `--edit: the context has no ${JSON.stringify(edit)}`, {
        hint: "name a file or a folder of the context",
      });
    }
    paths.push(found[0]);
  }
  return paths;
}

/** Newest first, of the same context and Dockerfile. */
async function earlierBuilds(request: BuildRequest): Promise<readonly BuildRecord[]> {
  const { builds } = await new BuildStore(request.cache).list();
  const spec = recordedSpec(request.spec, request.workingFolder, null);
  const wanted = { spec, name: request.spec.name, id: "" } as BuildRecord;
  return relatedBuilds(builds, wanted).reverse();
}

interface Comparison {
  readonly build: BuildRecord;
  readonly argNames: ReadonlySet<string>;
}

async function comparisonWith(request: BuildRequest, builds: readonly BuildRecord[]): Promise<Comparison | null> {
  const build = builds.find(({ steps }) => steps.some(({ cache }) => cache.key !== null));
  if (build === undefined) return null;
  const file = join(request.cache.buildFolder(build.id), "Dockerfile");
  const text = await readFile(file, "utf8").catch(() => null);
  return { build, argNames: text === null ? new Set() : argNamesOf(text) };
}

function argNamesOf(text: string): ReadonlySet<string> {
  const { globalArgs, stages } = parseDockerfile(text);
  const all = [...globalArgs, ...stages.flatMap(({ instructions }) => instructions)];
  return new Set(all.filter(({ keyword }) => keyword === "ARG").flatMap(({ pairs }) => pairs.map(({ name }) => name)));
}

function foreseenSteps(
  planned: readonly PlannedStep[],
  before: readonly PredictedStep[],
  after: readonly PredictedStep[],
  builds: readonly BuildRecord[],
  comparison: Comparison | null,
): ForeseenStep[] {
  const steps = withTriggers(planned, after);
  const predictions = new Map(matchSteps(after, steps).map(([prediction, step]) => [step, prediction]));
  const unedited = new Map(matchSteps(before, steps).map(([prediction, step]) => [step, prediction]));
  const recorded = recordedSteps(steps, predictions, comparison?.build.steps ?? []);
  const causes = new Causes(recorded, comparison?.argNames ?? new Set());
  // In the order of the executor: a cause stands before what it causes.
  const numbers = new Map([...predictions].map(([step, prediction]) => [prediction, step?.number ?? 0]));
  for (const prediction of after) causes.look(prediction, numbers.get(prediction) ?? 0);
  return steps.map(step => {
    const prediction = predictions.get(step);
    const result = prediction?.result ?? "off";
    const before = (prediction && recorded.get(prediction)) ?? null;
    return {
      ...step,
      result,
      key: prediction?.key ?? null,
      parts: prediction?.parts ?? null,
      before: before && {
        number: before.number,
        key: before.cache.key,
        parts: namedAs(prediction?.parts ?? [], before, comparison?.argNames ?? new Set()),
      },
      cause: prediction === undefined ? null : causes.of(prediction),
      unknown: prediction?.unknown ?? null,
      measured: measuredStep(step, builds),
      isInvalidated: unedited.get(step)?.result === "hit" && result !== "hit",
    };
  });
}

/** What each was in another build, also where instructions were inserted, removed or moved in between. */
function recordedSteps(
  steps: readonly PlannedStep[],
  predictions: ReadonlyMap<PlannedStep | null, PredictedStep>,
  recorded: readonly Step[],
): Map<PredictedStep, Step> {
  const found = new Map<PredictedStep, Step>();
  for (const { one, other } of alignSteps(recorded, steps, { ignoreStages: false })) {
    const prediction = other === null ? undefined : predictions.get(other);
    if (one !== null && prediction !== undefined) found.set(prediction, one);
  }
  return found;
}

/** Triggers of bases are no steps of the Dockerfile: numbered behind all others, as in a build. */
function withTriggers(planned: readonly PlannedStep[], predicted: readonly PredictedStep[]): PlannedStep[] {
  const triggers = predicted.filter(({ placed }) => placed.isTrigger);
  return [
    ...planned,
    ...triggers.map(
      ({ placed }, at): PlannedStep => ({
        number: planned.length + at + 1,
        stage: {
          index: placed.stage,
          name: planned.find(({ stage }) => stage.index === placed.stage)?.stage.name ?? "",
        },
        line: null,
        endLine: null,
        instruction: placed.instruction.keyword,
        text: placed.instruction.text,
      }),
    ),
  ];
}

/** Tells the first cause of each stage apart from what only follows from it. */
class Causes {
  readonly #recorded: ReadonlyMap<PredictedStep, Step>;
  readonly #argNames: ReadonlySet<string>;
  readonly #found = new Map<PredictedStep, ForeseenCause>();
  /** The step of each stage whose key was the first one to differ. */
  readonly #first = new Map<number, number>();

  constructor(recorded: ReadonlyMap<PredictedStep, Step>, argNames: ReadonlySet<string>) {
    this.#recorded = recorded;
    this.#argNames = argNames;
  }

  of(prediction: PredictedStep): ForeseenCause | null {
    return this.#found.get(prediction) ?? null;
  }

  look(prediction: PredictedStep, number: number): void {
    const { stage } = prediction.placed;
    const cause = this.#causeOf(prediction, this.#first.get(stage));
    const isDifferent = cause !== null && cause.kind !== "expired" && cause.kind !== "gone";
    if (isDifferent && !this.#first.has(stage)) this.#first.set(stage, number);
    const isTold = prediction.result === "miss" || prediction.result === "expired" || isFirst(cause);
    if (cause !== null && isTold) this.#found.set(prediction, cause);
  }

  #causeOf(prediction: PredictedStep, first: number | undefined): ForeseenCause | null {
    const { key, parts, result } = prediction;
    if (result === "hit") return null;
    if (result === "expired") return { kind: "expired" };
    const recorded = this.#recorded.get(prediction) ?? null;
    if (key === null || parts === null) return editedText(prediction, recorded);
    if (recorded === null || recorded.cache.key === null) return { kind: "first-build" };
    if (recorded.cache.key === key) return result === "miss" ? { kind: "gone" } : null;
    const earlier = namedAs(parts, recorded, this.#argNames);
    const difference = earlier === null ? null : keyDifference(earlier, parts);
    if (difference !== null) return difference;
    return first === undefined ? null : { kind: "step", step: first };
  }
}

/** Where the key is not known it is known all the same that an edited instruction gives another one. */
function editedText({ placed }: PredictedStep, recorded: Step | null): ForeseenCause | null {
  const { text } = placed.instruction;
  if (recorded === null || recorded.text === text) return null;
  return { kind: "instruction", name: "", path: null, before: recorded.text, after: text };
}

/** The parts of a recorded step, named as those of the same step now. */
function namedAs(parts: readonly KeyPart[], recorded: Step, argNames: ReadonlySet<string>): readonly KeyPart[] | null {
  const baseName = parts[0]?.kind === "base" ? parts[0].name : "";
  const sources = parts.filter(({ kind }) => kind === "file" || kind === "folder").map(({ name }) => name);
  return recordedParts(recorded, { argNames, baseName, sources });
}

/** What makes keys differ is told also for steps that are not looked up. */
function isFirst(cause: ForeseenCause | null): boolean {
  return cause !== null && !["step", "first-build", "gone", "expired"].includes(cause.kind);
}
