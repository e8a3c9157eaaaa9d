import { LabError } from "../../lib/error.ts";
import type { HistoryItem } from "../../lib/lab/lab.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import type { Command } from "../command.ts";
import { changeDocument, changeLine } from "../display/changes.ts";
import { cutTo } from "../display/table.ts";
import { cleanPath } from "./path-argument.ts";
import { openTarget, withTarget } from "./target-options.ts";

export const command: Command = {
  examples: [["$0 history latest /etc/passwd", "each step that touched it"]],
  options: argv =>
    withTarget(argv, { demandOption: true }).positional("path", {
      type: "string",
      describe: "Path in the image",
      demandOption: true,
    }),
  async run(context, args: { target: string; path: string }) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const path = cleanPath(args.path);
    const items = await lab.history(target, path, progress);
    if (context.output.json) {
      context.output.document({ target: target.name, path, history: items.map(itemDocument) });
    } else {
      for (const item of items) {
        const step = stepLabel(target, item);
        context.output.line(changeLine(item.change, context.output.style));
        context.output.line(`    ${cutTo(step, context.output.columns - 4)}`);
      }
    }
    if (items.length > 0) return 0;
    throw new LabError("not-found", `no layer has /${showText(path)}`, { hint: "kaniko-lab search finds paths" });
  },
};

function stepLabel(target: Target, item: HistoryItem): string {
  const step = target.steps.find(candidate => candidate.number === item.step);
  return step ? `step ${step.number}  ${showText(step.text)}` : `layer ${item.layer.index}`;
}

function itemDocument(item: HistoryItem): object {
  return { step: item.step, layer: item.layer.index, digest: item.layer.digest, ...changeDocument(item.change) };
}
