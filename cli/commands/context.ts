import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContextEntry } from "../../lib/context/context-listing.ts";
import { type ContextReport, type ContextUse, contextUse } from "../../lib/context/context-use.ts";
import { readContextListing } from "../../lib/context/read-listing.ts";
import { unusedPlaces } from "../../lib/context/unused-places.ts";
import { LabError } from "../../lib/error.ts";
import { configOf } from "../../lib/lab/config-of.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { formatBytes } from "../display/format.ts";
import { cutTo } from "../display/table.ts";
import { openTarget } from "./target-options.ts";

interface Args {
  readonly build?: string;
  readonly step?: number;
  readonly unused?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 context", "where each file of the latest build's context went"],
    ["$0 context latest --step 4", "only what step 4 took"],
    ["$0 context --unused", "what was sent and never used"],
  ],
  options: argv =>
    argv
      .positional("build", { type: "string", describe: "A build: id, start of an id, name, latest, previous" })
      .option("step", { type: "number", requiresArg: true, describe: "Only what this step took" })
      .option("unused", { type: "boolean", describe: "Only what no step took" })
      .conflicts("step", "unused"),
  async run(context, args: Args) {
    const whole = await reportOf(context, args.build);
    const uses = args.step === undefined ? whole.uses : whole.uses.filter(({ step }) => step.number === args.step);
    const report = { ...whole, uses: args.unused ? [] : uses };
    if (context.output.json) context.output.document(reportDocument(report));
    else showReport(context, report, args.step === undefined);
    return 0;
  },
};

async function reportOf(context: CliContext, word: string | undefined): Promise<ContextReport> {
  const { lab, target, progress } = await openTarget(context, word);
  const { build } = target;
  if (build === null) {
    throw new LabError("usage", `${showText(target.name)} is no build of this cache folder`, {
      hint: "kaniko-lab builds lists them",
    });
  }
  const listing = await readContextListing(context.cache, build.id);
  if (listing === null) {
    throw new LabError("not-found", `the context of build ${build.id} was not listed`, {
      hint: "builds of a folder are listed as they end; other contexts are fetched by Kaniko itself",
    });
  }
  const dockerfile = await readFile(join(context.cache.buildFolder(build.id), "Dockerfile"), "utf8").catch(error => {
    throw new LabError("not-found", `the Dockerfile of build ${build.id} was not kept`, { cause: error });
  });
  const config = await configOf(context.cache, target);
  return contextUse(lab, { target: { ...target, build }, listing, dockerfile, config }, progress);
}

function showReport({ output }: CliContext, report: ContextReport, withUnused: boolean): void {
  let last = 0;
  for (const use of report.uses) {
    if (use.step.number !== last)
      output.line(output.style.bold(cutTo(`step ${use.step.number}  ${showText(use.step.text)}`, output.columns)));
    last = use.step.number;
    output.line(fileLine(use));
  }
  const places = withUnused ? unusedPlaces(report.listing.entries, report.unused) : [];
  if (places.length > 0) output.line(output.style.bold("sent and never used"));
  for (const { path, isFolder, files, sizeBytes } of places) {
    const count = isFolder ? `  ${countLabel(files)}` : "";
    output.line(`${formatBytes(sizeBytes).padStart(9)}  ${showText(path)}${isFolder ? "/" : ""}${count}`);
  }
  for (const note of notesOf(report)) output.note(note);
  if (places.length > 0) output.note(`hint: name them in ${showText(report.listing.ignoreFile ?? ".dockerignore")}`);
}

function fileLine({ entry, imagePath, state }: ContextUse): string {
  const to =
    imagePath === null
      ? "mounted"
      : `→ /${showText(imagePath)}${state === "unpacked" && imagePath !== "" ? "/" : ""}${stateNotes[state]}`;
  return `${formatBytes(entry.sizeBytes).padStart(9)}  ${showText(entry.path)} ${to}`;
}

const stateNotes: Readonly<Record<ContextUse["state"], string>> = {
  same: "",
  differs: "  (its content there is another one)",
  missing: "  (not there after this step)",
  unchecked: "  (not checked)",
  unpacked: "  (unpacked)",
  mounted: "",
};

function notesOf({ listing, uses, unused, uncertain }: ContextReport): string[] {
  const sent = filesOf(listing.entries);
  const used = filesOf([...new Set(uses.map(({ entry }) => entry))]).length;
  const notes = uncertain.map(
    ({ step, variables }) =>
      `warning: step ${step.number} uses ${variables.map(name => `$${showText(name)}`).join(", ")}, which is not known here: its files may be others`,
  );
  if (listing.truncated) notes.push(`warning: the context has more than the ${sent.length} files that were listed`);
  if (listing.undigested > 0)
    notes.push(`warning: listed without a digest of the content: ${countLabel(listing.undigested)}`);
  const ignored = listing.ignored === 0 ? "" : `, ${listing.ignored} ignored`;
  // The Dockerfile and its like: no step takes them, and nobody could leave them out.
  const own = sent.length - used - unused.length;
  const shown = uses.length === 0 ? "" : `, ${used} used${own > 0 ? `, ${own} of the build itself` : ""}`;
  const total = `sent: ${countLabel(sent.length)}, ${formatBytes(bytesOf(sent))}${ignored}${shown}`;
  return [...notes, `${total}; never used: ${countLabel(unused.length)}, ${formatBytes(bytesOf(unused))}`];
}

function filesOf(entries: readonly ContextEntry[]): ContextEntry[] {
  return entries.filter(({ type }) => type !== "dir");
}

function bytesOf(entries: readonly ContextEntry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function countLabel(files: number): string {
  return files === 1 ? "1 file" : `${files} files`;
}

function reportDocument({ listing, uses, unused, uncertain }: ContextReport): object {
  const { entries, schemaVersion: _version, ...summary } = listing;
  const sent = filesOf(entries);
  return {
    ...summary,
    sent: { files: sent.length, sizeBytes: bytesOf(sent) },
    uses: uses.map(({ step, entry, imagePath, state }) => ({
      step: step.number,
      path: entry.path,
      sizeBytes: entry.sizeBytes,
      contentDigest: entry.contentDigest,
      imagePath,
      state,
      layer: step.layer?.digest ?? null,
    })),
    unused: {
      files: unused.length,
      sizeBytes: bytesOf(unused),
      entries: unused,
      places: unusedPlaces(entries, unused),
    },
    uncertain: uncertain.map(({ step, variables }) => ({ step: step.number, variables })),
  };
}
