import { resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../display/format.ts";
import { collectReport } from "../report/collect/collect-report.ts";
import type { ReportDocument } from "../report/document.ts";
import { reportHtml } from "../report/html.ts";
import { readPageAsset } from "../report/page-asset.ts";
import { openTarget, targetHelp, withTarget } from "./target-options.ts";

const reportFormats = ["html", "markdown", "junit", "sarif"] as const;
type ReportFormat = (typeof reportFormats)[number];

interface Args {
  readonly target?: string;
  readonly other?: string;
  readonly output?: string;
  readonly as: ReportFormat;
}

export const command: Command = {
  examples: [
    ["$0 report -o report.html", "the latest build as one page to open and to send"],
    ["$0 report previous latest -o compared.html", "what differs between two builds"],
    ["$0 report previous latest --as markdown", "the same for the comment of a pull request"],
    ["$0 report --as sarif -o report.sarif", "findings and waste at the lines of the Dockerfile"],
  ],
  options: argv =>
    withTarget(argv)
      .positional("other", { type: "string", describe: `What the first one is compared with: ${targetHelp}` })
      .option("output", {
        alias: "o",
        type: "string",
        requiresArg: true,
        describe: "File to write; -: standard output",
      })
      .option("as", { choices: reportFormats, default: "html" as const, describe: "Form of the report" }),
  async run(context, args: Args) {
    refuseComparison(args);
    if (!context.output.json) refuseTerminal(args);
    const { lab, target, progress } = await openTarget(context, args.target);
    const first = { target, word: args.target ?? "latest" };
    const other = args.other;
    const second = other === undefined ? null : { target: await lab.openTarget(other, progress), word: other };
    const request = { cache: context.cache, lab, progress };
    const document = await collectReport(context, request, second ?? first, second === null ? null : first);
    if (context.output.json) {
      context.output.document(document);
      return 0;
    }
    context.output.status("writing the report");
    const text = await textOf(document, args.as);
    if (args.output === undefined || args.output === "-") {
      context.output.status("");
      await context.output.bytes(Buffer.from(text));
      return 0;
    }
    const file = resolve(context.workingFolder, args.output);
    await writeFile(file, text);
    context.output.note(`written: ${file} (${formatBytes(Buffer.byteLength(text))})`);
    return 0;
  },
};

/** A case or a finding belongs to one build. @throws LabError `usage` */
function refuseComparison({ as, other }: Args): void {
  if (other === undefined || as === "html" || as === "markdown") return;
  throw new LabError("usage", `--as ${as} tells of one build or image, not of two`, {
    hint: "name one of them, or take --as html or markdown",
  });
}

/** @throws LabError `usage` */
function refuseTerminal({ as, output }: Args): void {
  if (as !== "html" || output !== undefined || !process.stdout.isTTY) return;
  throw new LabError("usage", "a page is for a browser, not for a terminal", {
    hint: "write it to a file: -o report.html; or take --as markdown",
  });
}

/** What makes each form is loaded for it alone. */
async function textOf(document: ReportDocument, format: ReportFormat): Promise<string> {
  switch (format) {
    case "html":
      return reportHtml(document, await readPageAsset());
    case "markdown":
      return (await import("../report/markdown.ts")).reportMarkdown(document);
    case "junit":
      return (await import("../report/junit.ts")).reportJunit(document);
    case "sarif":
      return (await import("../report/sarif.ts")).reportSarif(document);
  }
}

async function writeFile(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    throw new LabError("usage", `cannot write ${file}`, { cause: error });
  }
}
