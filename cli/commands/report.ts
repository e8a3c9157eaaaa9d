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

export const reportFormats = ["html"] as const;
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
    const text = await textOf(document);
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

async function textOf(document: ReportDocument): Promise<string> {
  return reportHtml(document, await readPageAsset());
}

async function writeFile(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    throw new LabError("usage", `cannot write ${file}`, { cause: error });
  }
}
