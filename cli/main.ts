/** Parses the command line, runs one command, turns errors into a message and an exit status. */

import yargs, { type Argv } from "yargs";
import { LabError } from "../lib/error.ts";
import type { Command } from "./command.ts";
import { type CommandRow, commandTable } from "./command-table.ts";
import { createContext, type SharedOptions } from "./context.ts";
import { reportError } from "./display/report-error.ts";
import { type RefusedLine, refuseOddValues, usageError } from "./usage-error.ts";

const bugStatus = 70;

/** Runs the program. @returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  listenToSignals(stop);
  let status = 0;
  const parser = createParser(argv.length === 0 ? ["tui"] : argv, async (row, args) => {
    const { command } = await row.load();
    const context = await createContext(args, stop.signal);
    status = (await command.run(context, args)) ?? 0;
  });
  try {
    await parser.parseAsync();
    return status;
  } catch (thrown) {
    // Some of its findings yargs does not pass to `fail`, but throws.
    const isUsage = thrown instanceof Error && thrown.name === "YError";
    const error = isUsage ? usageError(thrown.message, refusedLine(argv, parser)) : thrown;
    const wanted = { json: argv.includes("--json"), debug: argv.includes("--debug") };
    reportError(
      stop.signal.aborted && !(error instanceof LabError)
        ? new LabError("cancelled", "interrupted", { cause: error })
        : error,
      wanted,
    );
    return error instanceof LabError ? error.exitStatus : stop.signal.aborted ? 130 : bugStatus;
  }
}

type Run = (row: CommandRow, args: SharedOptions) => Promise<void>;

function createParser(argv: readonly string[], run: Run): Argv {
  const parser: Argv = yargs([...argv])
    .scriptName("kaniko-lab")
    .usage(
      "$0 <command> [options]\n\nRun Kaniko, and see which instruction made which layer, what is in it, and why the cache was hit or missed.",
    )
    .option("json", { type: "boolean", describe: "One JSON document on stdout", global: true })
    .option("plain", { type: "boolean", describe: "No full screen", global: true })
    .option("color", { type: "boolean", describe: "Colours (--no-color or NO_COLOR turns them off)", global: true })
    .option("cache-dir", {
      type: "string",
      describe: "Where layers and builds are kept",
      global: true,
      requiresArg: true,
    })
    .option("quiet", { alias: "q", type: "boolean", describe: "No progress", global: true })
    .option("debug", { type: "boolean", describe: "Stack traces", global: true })
    .parserConfiguration({ "populate--": true })
    .wrap(Math.min(100, process.stdout.columns ?? 80))
    .version(false)
    .option("version", { alias: "V", type: "boolean", describe: "Show the version", global: false })
    .help()
    .alias("help", "h")
    .strict()
    .demandCommand(1, "")
    .fail((message, error) => {
      throw error ?? usageError(message ?? "", refusedLine(argv, parser));
    });
  for (const row of commandTable) {
    parser.command({
      command: row.usage,
      describe: row.describe,
      builder: async sub => {
        const { command } = await row.load();
        return withExamples(command.options(inGroups(sub as Argv)), command.examples);
      },
      handler: args => {
        refuseOddValues(args, optionsOf(parser).array);
        return run(row, args as SharedOptions);
      },
    });
  }
  withExamples(parser, [
    ["$0 build workspace/greeter", "build a sample"],
    ["$0", "look at the latest build"],
  ]);
  return parser.completion("completion", "Print a completion script for bash or zsh");
}

const sharedOptions = ["json", "plain", "color", "cache-dir", "quiet", "debug", "help"];

/** A command's own options before those that all have. */
function inGroups(parser: Argv): Argv {
  return parser.group([], "Positionals:").group([], "Options:").group(sharedOptions, "Shared by all commands:");
}

/** Each on a line of its own, ready to be copied: in two columns long ones would be broken. */
function withExamples(parser: Argv, examples: Command["examples"]): Argv {
  return parser.example(examples.map(([line, what]): [string, string] => [`# ${what}\n${line}`, ""]));
}

/** yargs' own table of the options of the command that was called; its types leave it out. */
function optionsOf(parser: Argv): {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
} {
  return (parser as unknown as { getOptions(): { key: Record<string, unknown>; array: string[] } }).getOptions();
}

function commandOf(usage: string): string {
  return usage.split(" ")[0] as string;
}

function refusedLine(argv: readonly string[], parser: Argv): RefusedLine {
  const parsed = (parser as unknown as { parsed: { argv: { _: readonly (string | number)[] } } | false }).parsed;
  return {
    argv,
    words: parsed === false ? [] : parsed.argv._.map(String),
    commands: new Map(
      [...commandTable.map(row => row.usage), "completion"].map(usage => [commandOf(usage), usage.split(" ").slice(1)]),
    ),
    options: Object.keys(optionsOf(parser).key),
  };
}

/** The first signal asks the command to stop and clean up; a second one of Ctrl-C ends the program at once. */
function listenToSignals(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted && signal === "SIGINT") process.exit(130);
      stop.abort(new LabError("cancelled", `interrupted (${signal})`));
    });
  }
  process.on("unhandledRejection", error => {
    reportError(error, { json: false, debug: true });
    process.exit(bugStatus);
  });
}
