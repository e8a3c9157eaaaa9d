import { type PathInBuild, pathThroughBuilds } from "../../lib/compare/path-through-builds.ts";
import { relatedBuilds } from "../../lib/compare/related-builds.ts";
import { LabError } from "../../lib/error.ts";
import type { HistoryItem } from "../../lib/lab/lab.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { changeDocument, changeLine } from "../display/changes.ts";
import { pathBuildDocument, pathBuildsTable } from "../display/path-builds.ts";
import { cutTo } from "../display/table.ts";
import { cleanPath } from "./path-argument.ts";
import { type OpenedTarget, openTarget, withTarget } from "./target-options.ts";

interface Args {
  readonly target: string;
  readonly path: string;
  readonly builds?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 history latest /etc/passwd", "each step that touched it"],
    ["$0 history latest /app/main --builds", "what it was in each build of the same context"],
  ],
  options: argv =>
    withTarget(argv, { demandOption: true })
      .positional("path", { type: "string", describe: "Path in the image", demandOption: true })
      .option("builds", {
        alias: "b",
        type: "boolean",
        describe: "Through the images of all builds of the same context or name, oldest first",
      }),
  async run(context, args: Args) {
    const opened = await openTarget(context, args.target);
    const path = cleanPath(args.path);
    if (args.builds) return showBuilds(context, opened, path);
    const { lab, target, progress } = opened;
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

async function showBuilds(context: CliContext, { lab, target, progress }: OpenedTarget, path: string): Promise<number> {
  const { output } = context;
  if (target.build === null) {
    throw new LabError("usage", `${showText(target.name)} is no build of this cache folder`, {
      hint: "--builds takes a build: kaniko-lab builds lists them",
    });
  }
  const { builds } = await new BuildStore(context.cache).list();
  const related = relatedBuilds(builds, target.build);
  const items: PathInBuild[] = [];
  for await (const item of pathThroughBuilds(context.cache, lab, related, path, progress)) items.push(item);
  if (items.every(({ node, unreadable }) => node === null && unreadable === null)) {
    throw new LabError("not-found", `no image of these ${items.length} builds has /${showText(path)}`, {
      hint: "kaniko-lab search finds paths in all layers",
    });
  }
  const first = items.find(({ node }) => node !== null) ?? null;
  const changed = items.findLast(({ kind }) => kind !== null) ?? null;
  if (output.json) {
    output.document({
      target: target.name,
      path,
      first: first?.build.id ?? null,
      lastChanged: changed?.build.id ?? null,
      builds: items.map(pathBuildDocument),
    });
    return 0;
  }
  for (const line of pathBuildsTable(items, output)) output.line(line);
  const left = related.length - items.length;
  const unread = items.filter(({ unreadable }) => unreadable !== null).length;
  if (left > 0) output.note(`${left} of these builds made no image`);
  if (unread > 0) output.note(`warning: of ${unread} of these builds layers are gone: it may have changed there`);
  if (first && changed) output.note(`first in ${first.build.id}, last changed in ${changed.build.id}`);
  return 0;
}

function stepLabel(target: Target, item: HistoryItem): string {
  const step = target.steps.find(candidate => candidate.number === item.step);
  return step ? `step ${step.number}  ${showText(step.text)}` : `layer ${item.layer.index}`;
}

function itemDocument(item: HistoryItem): object {
  return { step: item.step, layer: item.layer.index, digest: item.layer.digest, ...changeDocument(item.change) };
}
