import type { Advice } from "../../lib/advise/advice.ts";
import { type Advised, adviseBuild } from "../../lib/advise/advise-build.ts";
import { LabError } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { formatBytes, formatDuration } from "../display/format.ts";
import type { Output } from "../display/output.ts";
import { cutTo } from "../display/table.ts";
import { wrapText } from "../tui/text/cells.ts";
import { openTarget } from "./target-options.ts";

export const command: Command = {
  examples: [
    ["$0 advise", "from the latest build and those before of the same context"],
    ["$0 advise nightly --json", "from a build by its name, as JSON"],
  ],
  options: argv =>
    argv.positional("build", {
      type: "string",
      describe: "A build: id, start of an id, name, latest, previous; default: latest",
    }),
  async run(context, args: { build?: string }) {
    const { lab, target, progress } = await openTarget(context, args.build);
    if (target.build === null) {
      throw new LabError("usage", `${showText(target.name)} is no build of this cache folder`, {
        hint: "kaniko-lab builds lists them",
      });
    }
    const advised = await adviseBuild(context.cache, lab, target.build, progress);
    if (context.output.json) {
      const { advice, builds } = advised;
      context.output.document({ build: target.build.id, builds: builds.map(({ id }) => id), advice });
    } else show(advised, context.output);
    return 0;
  },
};

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
