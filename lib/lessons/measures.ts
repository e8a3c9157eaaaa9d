/** Answers what a lesson asks of a build: from its layers, snapshots, keys and record, never from the Dockerfile's text. */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { searchContents } from "../content/search-contents.ts";
import { contextUse } from "../context/context-use.ts";
import { readContextListing } from "../context/read-listing.ts";
import { errnoOf } from "../error.ts";
import { splitLines } from "../executor/line-splitter.ts";
import { explainTarget } from "../explain/explain-target.ts";
import { finalStep, stagesOfImage } from "../lab/chain.ts";
import { configOf } from "../lab/config-of.ts";
import type { LayerRef, Step } from "../model/build.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import type { TreeNode } from "../model/snapshot.ts";
import type { TargetLayer } from "../model/target.ts";
import { findStepByWords } from "./find-step.ts";
import { type LessonBuild, wordOf } from "./lesson-build.ts";
import type { BuildQuestion } from "./lesson-file.ts";
import type { MeasureName } from "./measure-names.ts";

export interface Measured {
  readonly value: string | number;
  /** What was looked at, as the beginning of a sentence: `layers of the image without its base's`. */
  readonly looked: string;
  /** The line that shows the same, without the program's name. */
  readonly see: string;
}

/** What a question cannot be answered without. */
export class NotMeasurable extends Error {
  /** The line that shows what there is, without the program's name. */
  readonly see: string;

  constructor(message: string, see: string) {
    super(message);
    this.see = see;
  }
}

/** @throws NotMeasurable when the build does not have what is asked for. */
export async function measure(latest: LessonBuild, question: BuildQuestion): Promise<Measured> {
  const build = question.of === "before" ? latest.before : latest;
  if (build === null) throw new NotMeasurable("there is no build before this one", "builds");
  const measured = await measures[question.measure](build, question);
  return question.of === "before"
    ? { ...measured, looked: `the build before (${wordOf(build)}): ${measured.looked}` }
    : measured;
}

type Measure = (build: LessonBuild, question: BuildQuestion) => Promise<Measured>;

const measures: Readonly<Record<MeasureName, Measure>> = {
  layers: async build => ({
    value: ownLayers(build).length,
    looked: "layers of the image, without those of its base",
    see: `layers ${wordOf(build)}`,
  }),
  "base-layers": async build => ({
    value: build.record.layers.length - ownLayers(build).length,
    looked: "layers that the image has from its base",
    see: `layers ${wordOf(build)}`,
  }),
  "empty-layers": async build => {
    const facts = await build.lab.facts(targetLayers(build, ownLayers(build)), build.progress);
    const empty = new Set(facts.filter(({ entryCount }) => entryCount === 0).map(({ digest }) => digest));
    return {
      value: ownLayers(build).filter(({ digest }) => empty.has(digest)).length,
      looked: "layers of the image without any entry",
      see: `layers ${wordOf(build)}`,
    };
  },
  "layer-bytes": async build => ({
    value: ownLayers(build).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    looked: "bytes of the image's layers, without those of its base",
    see: `layers ${wordOf(build)}`,
  }),
  path: (build, question) => ofNode(build, question, "what it is", node => node.type),
  mode: (build, question) => ofNode(build, question, "its mode", node => node.mode.toString(8).padStart(4, "0")),
  owner: (build, question) => ofNode(build, question, "its owner", node => `${node.uid}:${node.gid}`),
  stored: async (build, { path }) => ({
    value: await countLayers(build, path as string, false),
    looked: `layers of the image that hold ${path}, deleted or not`,
    see: `history ${wordOf(build)} ${path}`,
  }),
  whiteouts: async (build, { path }) => ({
    value: await countLayers(build, path as string, true),
    looked: `layers of the image that delete ${path}`,
    see: `history ${wordOf(build)} ${path}`,
  }),
  "text-stored": textStored,
  stages: async build => ({
    value: new Set(build.record.steps.filter(({ status }) => status !== "skipped").map(({ stage }) => stage.index))
      .size,
    looked: "stages that were built",
    see: `steps ${wordOf(build)}`,
  }),
  step: async (build, question) => {
    const step = await stepOf(build, question);
    return { value: step.number, looked: `the step that ${doing(question)}`, see: `steps ${wordOf(build)}` };
  },
  result: async (build, question) => {
    const step = await stepOf(build, question);
    return {
      value: step.cache.result,
      looked: `what the layer cache said to step ${step.number}, which ${doing(question)}`,
      see: `steps ${wordOf(build)}`,
    };
  },
  added: (build, question) => ofCounts(build, question, "added"),
  modified: (build, question) => ofCounts(build, question, "modified"),
  deleted: (build, question) => ofCounts(build, question, "deleted"),
  key: (build, question) => compared(build, question, "cache key", step => step.cache.key),
  layer: (build, question) => compared(build, question, "layer", step => step.layer?.digest ?? null),
  cause: causeOf,
  hits: async build => ({
    value: build.record.steps.filter(step => step.cache.result === "hit").length,
    looked: "steps that were taken from the layer cache",
    see: `steps ${wordOf(build)}`,
  }),
  image: async build => {
    const before = beforeOf(build);
    return {
      value: build.record.manifest === before.record.manifest ? "same" : "other",
      looked: "the image's digest, against that of the build before",
      see: `compare ${wordOf(before)} ${wordOf(build)}`,
    };
  },
  sent: sentPath,
  "sent-files": async build => {
    const listing = await listingOf(build);
    return {
      value: listing.entries.filter(({ type }) => type !== "dir").length,
      looked: "files of the context that no ignore file hides",
      see: `context ${wordOf(build)}`,
    };
  },
  flag: async (build, { name }) => ({
    value: flagValue(build.record.spec.flags, name as string),
    looked: `--${name} among the executor's flags`,
    see: `steps ${wordOf(build)} --json`,
  }),
  driver: async build => ({
    value: build.record.driver,
    looked: "where the executor ran",
    see: `steps ${wordOf(build)} --json`,
  }),
  "log-lines": logLines,
};

/** The image's layers without those of its base, oldest first; one digest can come several times. */
function ownLayers({ record }: LessonBuild): readonly LayerRef[] {
  const stages = stagesOfImage(record);
  const bases = record.steps.filter(step => stages.has(step.stage.index)).flatMap(step => step.baseLayers);
  return record.layers.slice(bases.length);
}

function targetLayers({ target }: LessonBuild, layers: readonly LayerRef[]): TargetLayer[] {
  const wanted = new Set(layers.map(({ digest }) => digest));
  return target.layers.filter(({ digest }) => digest !== null && wanted.has(digest));
}

async function ofNode(
  build: LessonBuild,
  { path = "" }: BuildQuestion,
  what: string,
  read: (node: TreeNode) => string,
): Promise<Measured> {
  const last = finalStep(build.record.steps);
  const name = cleanPath(path);
  const snapshot = last === null ? null : await build.lab.snapshotOf(build.target, last, name, build.progress);
  const node = snapshot?.node(name) ?? null;
  const folder = path.replace(/\/[^/]*$/, "") || "/";
  return {
    value: node === null ? "missing" : read(node),
    looked: `${path} in the image, ${what}`,
    see: `ls ${wordOf(build)} ${folder}`,
  };
}

async function countLayers(build: LessonBuild, path: string, whiteouts: boolean): Promise<number> {
  const name = cleanPath(path);
  const indexes = await build.lab.indexes(targetLayers(build, ownLayers(build)), build.progress);
  const has = (index: LayerIndex) => {
    for (let at = 0; at < index.entryCount; at += 1)
      if (index.path(at) === name && (index.entry(at).whiteout !== null) === whiteouts) return true;
    return false;
  };
  return indexes.filter(has).length;
}

async function textStored(build: LessonBuild, { text = "" }: BuildQuestion): Promise<Measured> {
  const own = new Set(ownLayers(build).map(({ digest }) => digest));
  const query = { text, mode: "substring", ignoreCase: false, path: null, mostOfFile: 1, mostOfLayer: 1000 } as const;
  let files = 0;
  for await (const { layer } of searchContents(build.lab, build.target, query, build.progress))
    if (layer.digest !== null && own.has(layer.digest)) files += 1;
  return {
    value: files,
    looked: `files with ${JSON.stringify(text)} in them, in all layers of the image`,
    see: `search --content ${JSON.stringify(text)} ${wordOf(build)}`,
  };
}

async function ofCounts(
  build: LessonBuild,
  question: BuildQuestion,
  what: "added" | "modified" | "deleted",
): Promise<Measured> {
  const step = await stepOf(build, question);
  const value = step[what];
  const see = `diff ${wordOf(build)} --step ${step.number}`;
  if (value === null) throw new NotMeasurable(`what step ${step.number} ${what} is not known`, see);
  return { value, looked: `paths that step ${step.number} ${what}, which ${doing(question)}`, see };
}

/** Of a step and of the same one in the build before. */
async function compared(
  build: LessonBuild,
  question: BuildQuestion,
  what: string,
  read: (step: Step) => string | null,
): Promise<Measured> {
  const before = beforeOf(build);
  const [old, now] = [await stepOf(before, question), await stepOf(build, question)];
  const [one, other] = [read(old), read(now)];
  const see = `explain ${wordOf(build)} --against ${wordOf(before)} --step ${now.number}`;
  if (one === null || other === null)
    throw new NotMeasurable(`step ${now.number} has no ${what} in both builds: was the layer cache off?`, see);
  return {
    value: one === other ? "same" : "other",
    looked: `the ${what} of step ${now.number}, which ${doing(question)}, against the build before`,
    see,
  };
}

async function causeOf(build: LessonBuild, question: BuildQuestion): Promise<Measured> {
  const before = beforeOf(build);
  const step = await stepOf(build, question);
  const { steps } = await explainTarget(build.cache, build.lab, before.record, build.record, build.progress);
  const explained = steps.find(each => each.step.number === step.number);
  const first = explained?.own[0] ?? explained?.causes[0];
  const name = first?.kind === "file" ? first.path : first?.kind === "instruction" ? null : first?.name;
  return {
    value: first === undefined ? "none" : [first.kind, name].filter(Boolean).join(" "),
    looked: `why step ${step.number}, which ${doing(question)}, has another key than in the build before`,
    see: `explain ${wordOf(build)} --against ${wordOf(before)}`,
  };
}

async function sentPath(build: LessonBuild, { path = "" }: BuildQuestion): Promise<Measured> {
  const listing = await listingOf(build);
  const dockerfile = await readFile(join(build.cache.buildFolder(build.record.id), "Dockerfile"), "utf8");
  const config = await configOf(build.cache, build.target);
  const target = { ...build.target, build: build.record };
  const report = await contextUse(build.lab, { target, listing, dockerfile, config }, build.progress);
  const name = cleanPath(path);
  const isSent = listing.entries.some(entry => entry.path === name);
  return {
    value: !isSent ? "no" : report.uses.some(({ entry }) => entry.path === name) ? "used" : "unused",
    looked: `whether the build was given ${name} of its context`,
    see: `context ${wordOf(build)}`,
  };
}

async function listingOf(build: LessonBuild) {
  const listing = await readContextListing(build.cache, build.record.id);
  if (listing !== null) return listing;
  throw new NotMeasurable("the context of this build was not listed", `context ${wordOf(build)}`);
}

async function logLines(build: LessonBuild, { text = "" }: BuildQuestion): Promise<Measured> {
  const file = join(build.cache.buildFolder(build.record.id), "executor.log");
  let lines = 0;
  try {
    for await (const line of splitLines(createReadStream(file))) if (line.includes(text)) lines += 1;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  return {
    value: lines,
    looked: `lines with ${JSON.stringify(text)} in Kaniko's log`,
    see: `replay ${wordOf(build)} --speed 0`,
  };
}

/** `--name value`, `--name=value`, or `--name` alone. */
function flagValue(flags: readonly string[], name: string): string {
  const at = flags.findIndex(flag => flag === `--${name}` || flag.startsWith(`--${name}=`));
  const flag = flags[at];
  if (flag === undefined) return "unset";
  if (flag.includes("=")) return flag.slice(flag.indexOf("=") + 1);
  const next = flags[at + 1];
  return next === undefined || next.startsWith("--") ? "on" : next;
}

async function stepOf(build: LessonBuild, { step = "" }: BuildQuestion): Promise<Step> {
  const found = await findStepByWords(build, step);
  if (found !== null) return found;
  throw new NotMeasurable(`no step of build ${wordOf(build)} ${doing({ step })}`, `steps ${wordOf(build)}`);
}

/** `adds /app`, `is the first RUN` */
function doing({ step = "" }: { readonly step?: string | undefined }): string {
  return /^(?:adds|changes|deletes) /.test(step) ? step : `is the ${step}`;
}

function beforeOf(build: LessonBuild): LessonBuild {
  if (build.before !== null) return build.before;
  throw new NotMeasurable("there is no build before this one to compare with: build once more", "builds");
}

function cleanPath(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}
