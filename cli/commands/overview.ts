/** What the program says when it is called without a command and has nothing to show yet: what is here, and the next line to type. */

import { checkExecutor } from "../../lib/build/check-executor.ts";
import { type Check, checkDrivers } from "../../lib/build/check-machine.ts";
import { defaultExecutor, executorDrivers } from "../../lib/build/drivers.ts";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { type FolderSurvey, surveyFolder } from "../../lib/build/survey-folder.ts";
import type { BuildRecord, DriverName } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { counted, formatTime } from "../display/format.ts";
import { nextLines, type Surroundings } from "../display/next-lines.ts";
import { programWord } from "../program-word.ts";
import { canShowTui } from "./tui.ts";

export const command: Command = {
  examples: [
    ["$0 overview", "what is here, what can be done now, and the next command"],
    ["$0", "the same where there are no builds yet, or no terminal; else the terminal UI"],
  ],
  options: argv => argv,
  async run(context) {
    const { output } = context;
    await settleAbandoned(context.cache);
    const [folder, { builds }, drivers] = await Promise.all([
      surveyFolder(context.workingFolder, process.env.DOCKER_FILE_NAME ?? "Dockerfile"),
      new BuildStore(context.cache).list(),
      checkDrivers(executorDrivers().filter(({ name }) => name !== "kubernetes")),
    ]);
    const driver = drivers.find(({ works }) => works) ?? null;
    const executor = await checkExecutor({
      sourceName: process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor,
      driver: (driver?.name ?? null) as DriverName | null,
      cache: context.cache,
      workingFolder: context.workingFolder,
      answerMs,
    });
    const here: Surroundings = { folder, builds, driver, executor, hasScreen: canShowTui(context) };
    const next = nextLines(here);
    if (output.json) {
      output.document({ folder, builds: builds.length, latest: builds[0]?.id ?? null, drivers, executor, next });
      return 0;
    }
    output.line("kaniko-lab runs Kaniko and shows which instruction made which layer, what is in");
    output.line("it, and why the cache was hit or missed.");
    output.line();
    const facts: [string, string][] = [
      ["this folder", folderWords(folder)],
      ["builds", buildWords(context, builds)],
      ["can build", driverWords(driver, drivers)],
      ["executor", executorWords(executor)],
    ];
    for (const [name, words] of facts) output.line(`${output.style.bold(name.padEnd(12))} ${words}`);
    output.line();
    output.line(output.style.bold("next"));
    const typed = next.map(({ line, does }) => ({ line: line.replace(/^kaniko-lab/, programWord()), does }));
    const width = Math.max(...typed.map(({ line }) => line.length));
    for (const { line, does } of typed) output.line(`  ${line.padEnd(width)}  ${output.style.dim(does)}`);
    return 0;
  },
};

/** Who types a command without words waits for no registry; doctor asks it longer. */
const answerMs = 1500;

const mostNamed = 4;

function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return `${names.slice(0, mostNamed).map(showText).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function folderWords({ dockerfile, contexts, ciFiles }: FolderSurvey): string {
  const parts: string[] = [];
  if (dockerfile?.problem) parts.push(`${showText(dockerfile.name)}, but ${showText(dockerfile.problem)}`);
  else if (dockerfile !== null) {
    const from = dockerfile.bases.length === 0 ? "" : `, from ${listed(dockerfile.bases)}`;
    parts.push(`${showText(dockerfile.name)} (${counted(dockerfile.steps, "step")}${from})`);
  }
  if (contexts.length > 0) parts.push(`${dockerfile ? "more" : "Dockerfiles"} in ${listed(contexts)}`);
  if (ciFiles.length > 0) parts.push(`Kaniko in ${listed(ciFiles)}`);
  return parts.length === 0 ? "no Dockerfile" : parts.join("; ");
}

function buildWords({ cache }: CliContext, builds: readonly BuildRecord[]): string {
  const [latest] = builds;
  if (latest === undefined) return `none yet in ${showText(cache.root)}`;
  const name = showText(latest.name ?? latest.id);
  return `${builds.length}, the latest ${name} (${latest.status}, ${formatTime(latest.startedAt)})`;
}

function driverWords(driver: Check | null, drivers: readonly Check[]): string {
  if (driver !== null) return `yes, by ${driver.name}: ${showText(driver.detail)}`;
  // What was tried is said by doctor, which is the next line here.
  return `not here: ${drivers.map(({ name, detail }) => `${name}: ${showText(detail.replace(/;.*/s, ""))}`).join("; ")}`;
}

function executorWords({ works, detail }: Check): string {
  return works ? showText(detail) : `not to be had: ${showText(detail)}`;
}
