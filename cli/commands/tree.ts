import { showText } from "../../lib/model/path-text.ts";
import type { Snapshot, TreeNode } from "../../lib/model/snapshot.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../display/format.ts";
import { linkLabel, nodeDocument } from "../display/nodes.ts";
import { cleanPath, nodeAt } from "./path-argument.ts";
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
  readonly depth: number;
  readonly sort: "name" | "size";
}

export const command: Command = {
  examples: [["$0 tree --depth 1 --sort size", "what is big in the latest build"]],
  options: argv =>
    withStepOptions(withTarget(argv))
      .positional("path", { type: "string", describe: "Folder to start from (default: /)" })
      .option("depth", { type: "number", default: 2, describe: "How many levels" })
      .option("sort", {
        choices: ["name", "size"] as const,
        default: "name" as const,
        describe: "Order within a folder",
      }),
  async run(context, args: Args) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    noteUnknownLayers(context, target, step);
    const path = cleanPath(args.path ?? "/");
    const snapshot = await lab.snapshotOf(target, step, path, progress);
    const root = nodeAt(snapshot, step, path);
    const rows = [...treeRows(snapshot, root, args, "")];
    if (context.output.json) {
      const entries = [root, ...rows.map(row => row.node)].map(nodeDocument);
      context.output.document({ target: target.name, step: step.number, path: root.path, entries });
      return 0;
    }
    context.output.line(`${formatBytes(root.treeBytes).padStart(8)}  /${showText(root.path)}`);
    for (const { node, prefix } of rows) {
      const name = node.type === "dir" ? `${showText(node.name)}/` : showText(node.name);
      context.output.line(`${formatBytes(node.treeBytes).padStart(8)}  ${prefix}${name}${linkLabel(node)}`);
    }
    return 0;
  },
};

interface TreeRow {
  readonly node: TreeNode;
  readonly prefix: string;
}

function* treeRows(snapshot: Snapshot, folder: TreeNode, args: Args, indent: string, depth = 1): Iterable<TreeRow> {
  if (depth > args.depth) return;
  const children = snapshot.children(folder.path);
  if (args.sort === "size") children.sort((a, b) => b.treeBytes - a.treeBytes);
  for (const [index, node] of children.entries()) {
    const isLast = index === children.length - 1;
    yield { node, prefix: indent + (isLast ? "└ " : "├ ") };
    if (node.type === "dir") yield* treeRows(snapshot, node, args, indent + (isLast ? "  " : "│ "), depth + 1);
  }
}
