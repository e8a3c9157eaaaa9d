import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { LabError } from "../../lib/error.ts";
import { splitLines } from "../../lib/executor/line-splitter.ts";
import { findChangedFile } from "../../lib/explain/changed-file.ts";
import { type CiLog, readCiLog } from "../../lib/explain/ci-log.ts";
import type { ExplainedStep } from "../../lib/explain/explain-builds.ts";
import { type Explanation, explainAgainstLog, explainTarget } from "../../lib/explain/explain-target.ts";
import { findStep } from "../../lib/lab/chain.ts";
import { targetOfBuild } from "../../lib/lab/open-target.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { previousOf } from "../../lib/store/find-build.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { explainedLines, explanationDocument, explanationSummary, partLines } from "../display/explanation.ts";
import { fileDiff } from "../display/file-diff.ts";
import { warnOfPrediction } from "../display/prediction-proof.ts";
import { type OpenedTarget, openTarget } from "./target-options.ts";

interface Args {
  readonly build?: string;
  readonly against?: string;
  readonly againstLog?: string;
  readonly step?: number;
}

const buildHelp = "A build: id, start of an id, name, latest, previous";

export const command: Command = {
  examples: [
    ["$0 explain", "the latest build against the one before of the same context"],
    ["$0 explain --step 4", "one step: its key and parts, and what changed in its file"],
    ["$0 explain main --against nightly", "two builds by their names"],
    ["$0 explain --against-log ci.log", "against a build elsewhere, of which there is only Kaniko's log"],
  ],
  options: argv =>
    argv
      .positional("build", { type: "string", describe: `${buildHelp}; default: latest` })
      .option("against", {
        type: "string",
        requiresArg: true,
        describe: "The build to compare with; default: the one before",
      })
      .option("against-log", {
        type: "string",
        requiresArg: true,
        describe: "The log of a build that ran elsewhere (best at debug level), to compare with",
      })
      .conflicts("against", "against-log")
      .option("step", {
        type: "number",
        requiresArg: true,
        describe: "Only this step, with all that is known of its key",
      }),
  async run(context, args: Args) {
    const opened = await openTarget(context, args.build);
    const build = buildOf(opened.target);
    const log = args.againstLog === undefined ? null : await readLogFile(args.againstLog);
    const explanation =
      log === null
        ? await explainTarget(
            context.cache,
            opened.lab,
            await otherBuild(context, opened, build, args.against),
            build,
            opened.progress,
          )
        : await explainAgainstLog(context.cache, log.kept, build);
    const { output } = context;
    const shown = args.step === undefined ? explanation.steps : [stepNumbered(explanation, args.step)];
    if (output.json) output.document({ ...explanationDocument(explanation, shown), log: log?.facts ?? null });
    else if (args.step === undefined) showAll(context, explanation);
    else await showStep(context, opened, explanation, shown[0] as ExplainedStep);
    if (!output.json) warnOfPrediction(output, build);
    if (log !== null) for (const note of logNotes(log)) output.note(note);
    return 0;
  },
};

/** @throws LabError `not-found`, `damaged` */
async function readLogFile(file: string): Promise<CiLog> {
  const isFile = await stat(file).then(
    found => found.isFile() || found.isFIFO(),
    () => false,
  );
  if (!isFile) throw new LabError("not-found", `there is no file ${showText(file)}`);
  return readCiLog(splitLines(createReadStream(file, { highWaterMark: 1 << 18 })), file);
}

function logNotes({ facts, kept }: CiLog): string[] {
  const notes: string[] = [];
  if (facts.builds > 1) notes.push(`the log has ${facts.builds} builds: the last one counts`);
  if (kept.record.spec.cache === "off")
    notes.push("warning: the log tells no key: the layer cache was off there (--cache)");
  else if (facts.parts === 0 && facts.unreadable === 0)
    notes.push("warning: the log tells only keys that were looked up; with --verbosity=debug it has their parts");
  if (facts.unreadable > 0) {
    notes.push(
      `warning: of ${facts.unreadable} of ${facts.keys} keys of the log the parts do not make the key: how that executor makes its keys is not known here, so causes can be missing`,
    );
  }
  return notes;
}

function buildOf(target: Target): BuildRecord {
  if (target.build !== null) return target.build;
  throw new LabError("usage", `${showText(target.name)} is no build of this cache folder`, {
    hint: "kaniko-lab builds lists them",
  });
}

/** Null when there is no build before. */
async function otherBuild(
  context: CliContext,
  { lab, progress }: OpenedTarget,
  build: BuildRecord,
  word: string | undefined,
): Promise<BuildRecord | null> {
  if (word !== undefined) return buildOf(await lab.openTarget(word, progress));
  const { builds } = await new BuildStore(context.cache).list();
  return previousOf(builds, build);
}

/** @throws LabError `unknown-step` */
function stepNumbered({ other, steps }: Explanation, number: number): ExplainedStep {
  findStep(other.record.steps, number);
  const found = steps.find(({ step }) => step.number === number);
  if (found) return found;
  throw new LabError("unknown-step", `step ${number} counts in no key`);
}

function showAll({ output }: CliContext, explanation: Explanation): void {
  const { one, other, steps } = explanation;
  output.line(`${nameOf(other.record)}${one === null ? "" : ` against ${nameOf(one.record)}`}`);
  output.line();
  for (const step of steps) for (const line of explainedLines(step, steps, output)) output.line(line);
  output.note(`\n${explanationSummary(explanation)}`);
}

function nameOf({ id, name }: BuildRecord): string {
  return showText(name ?? id);
}

async function showStep(
  context: CliContext,
  { lab, progress }: OpenedTarget,
  explanation: Explanation,
  explained: ExplainedStep,
): Promise<void> {
  const { output, cache } = context;
  for (const line of explainedLines(explained, explanation.steps, output)) output.line(line);
  output.line();
  for (const line of partLines(explained, output.style)) output.line(line);
  const { before, step, causes } = explained;
  const { one, other } = explanation;
  if (before === null || one === null || one.kept.isLog) return;
  const [old, now] = [one, other].map(view => ({ view, target: targetOfBuild(cache, view.record) }));
  if (old === undefined || now === undefined) return;
  for (const { kind, path, aspects } of causes) {
    if (kind !== "file" || path === null || !aspects.includes("content")) continue;
    const file = await findChangedFile(lab, old, now, { before, step }, path, progress);
    const text = file && (await fileDiff(lab, file.from, file.to, file.imagePath, progress));
    output.line();
    output.line(text ?? `what changed in ${showText(path)} cannot be shown: not both builds' layers have it`);
  }
}
