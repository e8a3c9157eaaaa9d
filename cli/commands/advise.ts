import type { Advice } from "../../lib/advise/advice.ts";
import { type Advised, adviseBuild } from "../../lib/advise/advise-build.ts";
import { type TriedMode, triedModes } from "../../lib/advise/try-modes/mode-specs.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { formatBytes, formatDuration } from "../display/format.ts";
import type { Output } from "../display/output.ts";
import { cutTo } from "../display/table.ts";
import { triedDocument, triedLines } from "../display/tried-modes.ts";
import { wrapText } from "../tui/text/cells.ts";
import { type RerunArgs, rerunOf, rerunStatus, withRerunOptions } from "./rerun-options.ts";
import { openTarget, progressOf } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 advise", "from the latest build and those before of the same context"],
    ["$0 advise nightly --json", "from a build by its name, as JSON"],
    ["$0 advise --try-modes", "build it again in each snapshot mode: times, and what each one misses"],
  ],
  options: argv =>
    withRerunOptions(argv)
      .positional("build", {
        type: "string",
        describe: "A build: id, start of an id, name, latest, previous; default: latest",
      })
      .option("try-modes", {
        type: "boolean",
        describe: "Build it again in each mode, in a cache folder of its own, and compare",
      })
      .option("modes", {
        type: "string",
        requiresArg: true,
        describe: `Which ones (default: ${triedModes.join(",")})`,
        implies: "try-modes",
      }),
  async run(context, args: AdviseArgs) {
    const { lab, target, progress } = await openTarget(context, args.build);
    if (target.build === null) {
      throw new LabError("usage", `${showText(target.name)} is no build of this cache folder`, {
        hint: "kaniko-lab builds lists them",
      });
    }
    if (args.tryModes) return tryIt(context, args, target.build);
    const advised = await adviseBuild(context.cache, lab, target.build, progress);
    if (context.output.json) {
      const { advice, builds } = advised;
      context.output.document({ build: target.build.id, builds: builds.map(({ id }) => id), advice });
    } else show(advised, context.output);
    return 0;
  },
};

interface AdviseArgs extends RerunArgs {
  readonly build?: string;
  readonly tryModes?: boolean;
  readonly modes?: string;
}

async function tryIt(context: CliContext, args: AdviseArgs, build: BuildRecord): Promise<number> {
  const { cache, output, signal } = context;
  const modes = modesOf(args.modes);
  const rerun = await rerunOf(context, args, build);
  const { tryModes } = await import("../../lib/advise/try-modes/try-modes.ts");
  let running = "";
  const tried = await tryModes({
    ...rerun,
    cache,
    build,
    modes,
    signal,
    onRun: name => {
      running = name;
      output.status(`building: ${name}`);
    },
    onEvent: event => {
      const what = rerunStatus(event);
      if (what !== null) output.status(`building: ${running}: ${what}`);
    },
    progress: progressOf(context),
  });
  output.status("");
  if (output.json) output.document({ build: build.id, ...triedDocument(tried) });
  else for (const line of triedLines(tried, output)) output.line(line);
  return 0;
}

function modesOf(text: string | undefined): readonly TriedMode[] {
  if (text === undefined) return triedModes;
  return text.split(",").map(word => {
    const mode = triedModes.find(each => each === word.trim());
    if (mode !== undefined) return mode;
    throw new LabError("usage", `--modes has no mode ${JSON.stringify(word)}`, {
      hint: `it has ${triedModes.join(", ")}`,
    });
  });
}

const indent = "          ";

function show({ advice, builds }: Advised, output: Output): void {
  const seen = builds.length === 1 ? "1 build" : `${builds.length} builds`;
  for (const each of advice) for (const line of adviceLines(each, output)) output.line(line);
  if (advice.length === 0)
    output.note(`nothing to say: in ${seen} nothing was measured that a change would have saved`);
  else output.note(`\nmeasured in ${seen} of this context and Dockerfile; all of them together`);
}

function adviceLines(advice: Advice, output: Output): string[] {
  const { savedMs, savedBytes, builds, step, text, names } = advice;
  const saved = savedMs > 0 ? formatDuration(savedMs) : formatBytes(savedBytes);
  const bytes = savedMs > 0 && savedBytes > 0 ? `, ${formatBytes(savedBytes)} of layers` : "";
  const times = builds === 1 ? "1 build" : `${builds} builds`;
  const what = step === null ? names.map(showText).join(", ") : `step ${step}  ${showText(text)}`;
  const width = Math.max(20, output.columns - indent.length);
  return [
    `${output.style.bold(saved.padStart(8))}  ${cutTo(what, width)}`,
    ...wrapText(`${showText(advice.advice)} (${times}${bytes})`, width).map(line => `${indent}${line}`),
  ];
}
