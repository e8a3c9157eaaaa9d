/** `search --content`: lines of files in every version that a layer has. */

import { type ContentMatch, searchContents, unsearchedLayers } from "../../lib/content/search-contents.ts";
import { LabError } from "../../lib/error.ts";
import { readablePart } from "../../lib/lab/readable-part.ts";
import type { CliContext } from "../context.ts";
import { type CommandPlace, contentMatchDocument, matchedLine, versionLines } from "../display/content-matches.ts";
import { damagedDocument, reportDamage } from "../display/damaged-layers.ts";
import { openTarget } from "./target-options.ts";

export interface ContentArgs {
  readonly text: string;
  readonly target?: string;
  readonly glob?: boolean;
  readonly regex?: boolean;
  readonly ignoreCase?: boolean;
  readonly limit: number;
  readonly path?: string;
  readonly maxCount?: number;
}

export async function searchContentCommand(context: CliContext, args: ContentArgs): Promise<number> {
  if (args.glob) throw new LabError("usage", "contents are not searched with a glob", { hint: "--path takes one" });
  const { lab, progress, ...opened } = await openTarget(context, args.target);
  const { target, damaged } = await readablePart(lab, opened.target, progress);
  const place = { target: args.target ?? "latest", cacheWord: context.cacheWord };
  const query = {
    text: args.text,
    mode: args.regex ? "regex" : "substring",
    ignoreCase: args.ignoreCase ?? false,
    path: args.path ?? null,
    mostOfFile: args.maxCount ?? Number.POSITIVE_INFINITY,
    // One more tells that there are more.
    mostOfLayer: args.limit + 1,
  } as const;
  const matches: ContentMatch[] = [];
  let truncated = false;
  for await (const match of searchContents(lab, target, query, progress)) {
    if (matches.length >= args.limit) {
      truncated = true;
      break;
    }
    if (!context.output.json) printMatch(context, match, matches.at(-1), place);
    matches.push(match);
    if (context.output.isClosed) break;
  }
  const unsearched = unsearchedLayers(target).map(({ index }) => index);
  if (context.output.json) {
    const documents = matches.map(match => contentMatchDocument(match, place));
    context.output.document({
      target: target.name,
      matches: documents,
      count: matches.length,
      truncated,
      unsearched,
      damaged: damaged.map(damagedDocument),
    });
  } else {
    context.output.note(summary(matches, truncated));
    if (unsearched.length > 0) context.output.note(`not searched, as only their listing is here: layers ${unsearched}`);
  }
  if (damaged.length > 0) return reportDamage(context, damaged);
  return matches.length === 0 ? 1 : 0;
}

function printMatch(
  context: CliContext,
  match: ContentMatch,
  before: ContentMatch | undefined,
  place: CommandPlace,
): void {
  const { output } = context;
  if (before?.layer !== match.layer || before.entry !== match.entry) {
    for (const line of versionLines(match, place, output.columns, output.style)) output.line(line);
  }
  output.line(matchedLine(match, output.columns, output.style));
}

function summary(matches: readonly ContentMatch[], truncated: boolean): string {
  if (matches.length === 0) return "nothing found";
  const versions = new Set(matches.map(match => `${match.layer.index} ${match.entry}`)).size;
  const hits = `${matches.length}${truncated ? "+" : ""} ${matches.length === 1 ? "line" : "lines"}`;
  return `${hits} in ${versions} ${versions === 1 ? "file" : "files"}${truncated ? " (more with --limit)" : ""}`;
}
