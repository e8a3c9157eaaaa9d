import { inSlices, rowsPerPause, Slices } from "../../lib/pausing.ts";
import type { Command } from "../command.ts";
import { nodeCells, nodeColumns, nodeDocument } from "../display/nodes.ts";
import { formingTable } from "../display/table.ts";
import { cleanPath, found } from "./path-argument.ts";
import {
  chosenStep,
  noteUnknownLayers,
  openTarget,
  type StepArgs,
  withStepOptions,
  withTarget,
} from "./target-options.ts";

interface Args extends StepArgs {
  readonly target?: string;
  readonly path?: string;
  readonly recursive?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 ls", "the root of the latest build"],
    ["$0 ls latest /usr/bin --step 3", "a folder as it is after step 3"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv))
      .positional("path", { type: "string", describe: "Folder or file (default: /)" })
      .option("recursive", { alias: "R", type: "boolean", describe: "Everything below" }),
  async run(context, args: Args) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    noteUnknownLayers(context, target, step);
    const path = cleanPath(args.path ?? "/");
    const { node, children } = found(await lab.folderOf(target, step, path, progress), step, path);
    const below = args.recursive ? (await lab.snapshotOf(target, step, path, progress)).walk(path) : children;
    const nodes = node.type === "dir" ? below : [node];
    if (context.output.json) {
      context.output.document({
        target: target.name,
        step: step.number,
        path: node.path,
        entries: Array.from(nodes, nodeDocument),
      });
      return 0;
    }
    const rows: string[][] = [];
    const slices = new Slices(context.signal);
    for (const child of nodes) {
      rows.push(nodeCells(child, args.recursive ? child.path : child.name));
      if (rows.length % rowsPerPause === 0 && slices.isOver) await slices.next();
    }
    const table = formingTable(nodeColumns, rows, Number.POSITIVE_INFINITY, context.output.style.bold);
    for (const line of await inSlices(table, context.signal)) {
      if (context.output.isClosed) break;
      context.output.line(line);
    }
    return 0;
  },
};
