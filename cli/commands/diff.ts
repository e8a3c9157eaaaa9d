import { LabError } from "../../lib/error.ts";
import { findStep, stepBefore } from "../../lib/lab/chain.ts";
import type { Lab, ProgressOptions, StepOf } from "../../lib/lab/lab.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Change, ChangeKind } from "../../lib/model/snapshot.ts";
import type { Target } from "../../lib/model/target.ts";
import type { ChangeList } from "../../lib/snapshot/change-list.ts";
import { countChanges } from "../../lib/snapshot/count-changes.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { changeDocument, changeLine, countsLine } from "../display/changes.ts";
import { fileDiff } from "../display/file-diff.ts";
import { cleanPath } from "./path-argument.ts";
import { chosenStep, labOf, progressOf, targetHelp, withTarget } from "./target-options.ts";

interface Args {
  readonly target?: string;
  readonly other?: string;
  readonly from?: number;
  readonly to?: number;
  readonly step?: number;
  readonly file?: string;
  readonly only?: string;
  readonly ignore: readonly string[];
  readonly stat?: boolean;
  readonly exitCode?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 diff", "what the latest build changed against the one before"],
    ["$0 diff latest --step 4", "what step 4 changed"],
    ["$0 diff latest --from 2 --to 5", "from step 2 to step 5"],
    ["$0 diff oci:a oci:b --ignore time", "two images, times left out"],
    ["$0 diff previous latest --file /etc/passwd", "one file as text"],
  ],
  options: argv =>
    withTarget(argv, { describe: `${targetHelp}; default: previous` })
      .positional("other", {
        type: "string",
        describe: "The same; default: latest, or the first one when steps are given",
      })
      .option("from", { type: "number", describe: "Step of the first target", requiresArg: true })
      .option("to", { type: "number", describe: "Step of the second target", requiresArg: true })
      .option("step", {
        type: "number",
        describe: "What this step changed",
        requiresArg: true,
        conflicts: ["from", "to"],
      })
      .option("file", { alias: "f", type: "string", describe: "Text difference of this one file", requiresArg: true })
      .option("only", { type: "string", describe: "Only these kinds: A, M, D, as in --only AD", requiresArg: true })
      .option("ignore", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe: "Leave out what differs in nothing but these: time, mode, owner, xattr",
      })
      .option("stat", { type: "boolean", describe: "Only the counts" })
      .option("exit-code", { type: "boolean", describe: "Exit with 1 when there are differences" }),
  async run(context, args: Args) {
    const lab = labOf(context);
    const progress = progressOf(context);
    const [from, to] = await sides(lab, args, progress);
    if (args.file !== undefined)
      return showFileDiff(context, lab, from, to, cleanPath(args.file), args.exitCode ?? false);
    const all = from ? await lab.diff(from, to, progress) : await lab.changesOf(to.target, to.step, progress);
    const wanted = all.select(change => isWanted(change, args));
    showChanges(context, from, to, wanted, args.stat ?? false);
    return args.exitCode && wanted.length > 0 ? 1 : 0;
  },
};

/** What to compare; `from` is null when a step has nothing before it. */
async function sides(lab: Lab, args: Args, progress: ProgressOptions): Promise<[StepOf | null, StepOf]> {
  const withSteps = args.step !== undefined || args.from !== undefined || args.to !== undefined;
  const firstWord = args.target ?? (withSteps ? "latest" : "previous");
  const first = await lab.openTarget(firstWord, progress);
  const second = args.other
    ? await lab.openTarget(args.other, progress)
    : withSteps || args.target
      ? first
      : await lab.openTarget("latest", progress);
  if (args.step !== undefined) return sidesOfStep(first, args.step);
  if (first === second && !withSteps) {
    throw new LabError("usage", "compare with what?", {
      hint: "give two targets, or steps: --step N, or --from N --to M",
    });
  }
  const to = { target: second, step: chosenStep(second, { step: args.to }) };
  return [{ target: first, step: chosenStep(first, { step: args.from }) }, to];
}

function sidesOfStep(target: Target, number: number): [StepOf | null, StepOf] {
  const step = findStep(target.steps, number);
  const before = stepBefore(target.steps, step);
  return [before && { target, step: before }, { target, step }];
}

function isWanted(change: Change, args: Args): boolean {
  if (args.only && !args.only.toUpperCase().includes(change.kind satisfies ChangeKind)) return false;
  return change.kind !== "M" || change.causes.some(cause => !args.ignore.includes(cause));
}

function showChanges(
  context: CliContext,
  from: StepOf | null,
  to: StepOf,
  changes: ChangeList,
  onlyCounts: boolean,
): void {
  const counts = countChanges(changes);
  if (context.output.json) {
    context.output.document({
      from: from && { target: from.target.name, step: from.step.number },
      to: { target: to.target.name, step: to.step.number },
      counts,
      changes: onlyCounts ? [] : Array.from(changes, changeDocument),
    });
    return;
  }
  if (!onlyCounts) for (const change of changes) context.output.line(changeLine(change, context.output.style));
  if (onlyCounts) context.output.line(countsLine(counts));
  else context.output.note(countsLine(counts));
}

async function showFileDiff(
  context: CliContext,
  lab: Lab,
  from: StepOf | null,
  to: StepOf,
  path: string,
  exitCode: boolean,
): Promise<number> {
  const text = await fileDiff(lab, from, to, path, progressOf(context));
  if (context.output.json) context.output.document({ path, differs: text !== null, diff: text });
  else if (text !== null) for (const line of text.split("\n")) context.output.line(line);
  else context.output.note(`/${showText(path)} has the same content on both sides`);
  return exitCode && text !== null ? 1 : 0;
}
