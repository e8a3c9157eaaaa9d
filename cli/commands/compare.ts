import type { StepPair } from "../../lib/compare/align-steps.ts";
import { alignTargets, type ComparedPair, compareConfigOf, compareTargets } from "../../lib/compare/compare-targets.ts";
import { compareStepFiles } from "../../lib/compare/step-files.ts";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { countChanges } from "../../lib/snapshot/count-changes.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { changeDocument, changeLine } from "../display/changes.ts";
import { comparisonDocument, configLines, filesLabel, pairsTable, totalLines } from "../display/comparison.ts";
import { type OpenedTarget, openTarget, targetHelp, withPlatform } from "./target-options.ts";

interface Args {
  readonly one?: string;
  readonly other?: string;
  readonly step?: number;
  readonly config?: boolean;
  readonly changed?: boolean;
  readonly exitCode?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 compare", "the latest build with the one before, step by step"],
    ["$0 compare --step 4", "the files that step 4 left otherwise"],
    ["$0 compare main latest --changed", "a build by its name; equal steps left out"],
    ["$0 compare oci:a oci:b --config", "only env, cmd, labels and the like"],
  ],
  options: argv =>
    withPlatform(argv)
      .positional("one", { type: "string", describe: `${targetHelp}; default: previous` })
      .positional("other", { type: "string", describe: "The same; default: latest" })
      .option("step", {
        type: "number",
        requiresArg: true,
        describe: "The files of one step, by its number in the second target",
      })
      .option("config", { type: "boolean", describe: "Only what a container gets: env, cmd, user, labels, ports …" })
      .option("changed", { type: "boolean", describe: "Leave out steps that are the same" })
      .option("exit-code", {
        type: "boolean",
        describe: "Exit with 1 when instructions, files (not only their times) or the config differ",
      })
      .conflicts("step", "config"),
  async run(context, args: Args) {
    const opened = await openTarget(context, args.one ?? "previous");
    const other = await opened.lab.openTarget(args.other ?? "latest", opened.progress);
    const differs =
      args.step !== undefined
        ? await showStep(context, opened, other, args.step)
        : args.config
          ? await showConfig(context, opened.target, other)
          : await showAll(context, opened, other, args.changed ?? false);
    return args.exitCode && differs ? 1 : 0;
  },
};

async function showAll(
  context: CliContext,
  { lab, target, progress }: OpenedTarget,
  other: Target,
  onlyChanged: boolean,
): Promise<boolean> {
  const { output } = context;
  const whole = await compareTargets(context.cache, lab, target, other, progress);
  const pairs = onlyChanged ? whole.pairs.filter(({ status }) => status !== "same") : whole.pairs;
  if (output.json) {
    output.document(comparisonDocument({ ...whole, pairs }));
    return whole.differs;
  }
  output.line(`${showText(target.name)} → ${showText(other.name)}`);
  if (pairs.length > 0) {
    output.line();
    for (const line of pairsTable(pairs, output)) output.line(line);
  }
  if (whole.config.length > 0) {
    output.line(`\n${output.style.bold("CONFIG")}`);
    for (const line of configLines(whole.config, output.style, output.columns)) output.line(line);
  }
  output.line();
  for (const line of totalLines(whole)) output.line(line);
  output.note(summary(whole.pairs));
  return whole.differs;
}

function summary(pairs: readonly ComparedPair[]): string {
  const counts = new Map<string, number>();
  for (const { status } of pairs) counts.set(status, (counts.get(status) ?? 0) + 1);
  const words = { same: "the same", times: "only other times", files: "other files" } as const;
  return [...counts].map(([status, count]) => `${count} ${words[status as keyof typeof words] ?? status}`).join(", ");
}

async function showConfig(context: CliContext, one: Target, other: Target): Promise<boolean> {
  const { output } = context;
  const config = await compareConfigOf(context.cache, one, other);
  if (output.json) output.document({ one: one.name, other: other.name, differs: config.length > 0, config });
  else {
    for (const line of configLines(config, output.style, output.columns)) output.line(line);
    if (config.length === 0) output.note("the configs are the same");
  }
  return config.length > 0;
}

async function showStep(
  context: CliContext,
  { lab, target, progress }: OpenedTarget,
  other: Target,
  number: number,
): Promise<boolean> {
  const { output } = context;
  const [one, step] = pairOf(alignTargets(target, other), number, target);
  const { changes, timeOnly } = await compareStepFiles(lab, { target, step: one }, { target: other, step }, progress);
  const files = { ...countChanges(changes), timeOnly };
  if (output.json) {
    output.document({
      one: { target: target.name, step: one.number, text: one.text },
      other: { target: other.name, step: step.number, text: step.text },
      files,
      changes: changes.map(changeDocument),
    });
  } else {
    for (const change of changes) output.line(changeLine(change, output.style));
    output.note(`step ${one.number} → ${step.number}: ${filesLabel(files)}`);
  }
  return changes.length > 0 || one.text !== step.text;
}

/** @throws LabError `unknown-step` also for a step that only the second target has. */
function pairOf(
  pairs: readonly StepPair[],
  number: number,
  one: Target,
): [NonNullable<StepPair["one"]>, NonNullable<StepPair["other"]>] {
  const pair = pairs.find(({ other }) => other?.number === number);
  if (pair?.one && pair.other) return [pair.one, pair.other];
  if (pair === undefined) {
    throw new LabError("unknown-step", `there is no step ${number} to compare`, {
      hint: "kaniko-lab compare lists the steps of both",
    });
  }
  throw new LabError("unknown-step", `${showText(one.name)} has no step like step ${number}`, {
    hint: `what the step did: kaniko-lab diff TARGET --step ${number}`,
  });
}
