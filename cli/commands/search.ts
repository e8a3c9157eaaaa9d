import type { SearchMatch } from "../../lib/lab/lab.ts";
import { readablePart } from "../../lib/lab/readable-part.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import { kindMark } from "../display/changes.ts";
import { damagedDocument, reportDamage } from "../display/damaged-layers.ts";
import { formatBytes } from "../display/format.ts";
import { type ContentArgs, searchContentCommand } from "./search-content.ts";
import { openTarget, withTarget } from "./target-options.ts";

interface Args extends ContentArgs {
  readonly content?: boolean;
  readonly fuzzy?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 search curl", "every path with curl in it, in all layers"],
    ["$0 search -g '*.so.*' latest", "shared libraries"],
    ["$0 search -zi sslconf", "fuzzy: finds /etc/ssl/openssl.cnf, too"],
    ["$0 search --content 'PRIVATE KEY' latest", "lines of files, also of those that were deleted later"],
    ["$0 search --content -e 'token=[0-9a-f]+' latest --path '/etc/**'", "lines that fit, in some files"],
  ],
  options: argv =>
    withTarget(argv.positional("text", { type: "string", describe: "What to look for", demandOption: true }))
      .option("glob", {
        alias: "g",
        type: "boolean",
        describe: "It is a glob: * ? [a-z] ** {a,b}; without a / it is matched against names",
      })
      .option("regex", { alias: "e", type: "boolean", describe: "It is a regular expression" })
      .option("fuzzy", {
        alias: "z",
        type: "boolean",
        describe: "Its letters in their order, with others between; the best hits first",
      })
      .option("ignore-case", { alias: "i", type: "boolean", describe: "Upper and lower case are the same" })
      .option("content", { type: "boolean", describe: "Look into the files, line by line, instead of at their paths" })
      .option("path", {
        type: "string",
        describe: "With --content: only files whose path fits this glob",
        requiresArg: true,
        implies: "content",
      })
      .option("max-count", {
        type: "number",
        describe: "With --content: stop looking into a file after so many lines",
        requiresArg: true,
        implies: "content",
      })
      .option("limit", { type: "number", default: 10_000, describe: "Stop after so many hits" })
      .conflicts("glob", ["regex", "fuzzy"])
      .conflicts("fuzzy", ["regex", "content"]),
  async run(context, args: Args) {
    if (args.content) return searchContentCommand(context, args);
    const { lab, progress, ...opened } = await openTarget(context, args.target);
    const { target, damaged } = await readablePart(lab, opened.target, progress);
    const mode = args.fuzzy ? "fuzzy" : args.glob ? "glob" : args.regex ? "regex" : "substring";
    const matches: SearchMatch[] = [];
    let truncated = false;
    const query = { text: args.text, mode, ignoreCase: args.ignoreCase ?? false, most: args.limit + 1 } as const;
    for await (const match of lab.search(target, query, progress)) {
      if (matches.length >= args.limit) {
        truncated = true;
        break;
      }
      matches.push(match);
      if (!context.output.json) context.output.line(matchLine(match, context.output.style));
    }
    if (context.output.json) {
      context.output.document({
        target: target.name,
        matches: matches.map(matchDocument),
        count: matches.length,
        truncated,
        damaged: damaged.map(damagedDocument),
      });
    } else {
      context.output.note(summary(matches, truncated));
    }
    if (damaged.length > 0) return reportDamage(context, damaged);
    return matches.length === 0 ? 1 : 0;
  },
};

function matchLine(match: SearchMatch, style: import("../display/style.ts").Style): string {
  const where = match.step === null ? `layer ${match.layer.index}` : `step ${match.step}`;
  const size = match.type === "file" ? formatBytes(match.sizeBytes) : match.type;
  return `${kindMark(match.kind, style)} ${where.padEnd(8)} ${size.padStart(8)}  /${showText(match.path)}`;
}

function matchDocument(match: SearchMatch): object {
  return {
    path: match.path,
    layer: match.layer.index,
    digest: match.layer.digest,
    step: match.step,
    kind: match.kind,
    type: match.type,
    sizeBytes: match.sizeBytes,
  };
}

function summary(matches: readonly SearchMatch[], truncated: boolean): string {
  if (matches.length === 0) return "nothing found";
  const layers = new Set(matches.map(match => match.layer.index)).size;
  const hits = `${matches.length}${truncated ? "+" : ""} ${matches.length === 1 ? "hit" : "hits"}`;
  return `${hits} in ${layers} ${layers === 1 ? "layer" : "layers"}${truncated ? " (more with --limit)" : ""}`;
}
