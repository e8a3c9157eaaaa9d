/** One line of the command line: words in, one command run, its exit status out. The program and its terminal UI both come here. */

import yargs, { type Argv } from "yargs";
import { LabError } from "../lib/error.ts";
import type { Command, OptionInfo } from "./command.ts";
import { type CommandRow, commandOf, commandTable } from "./command-table.ts";
import type { CliContext, SharedOptions } from "./context.ts";
import { type RefusedLine, refuseOddValues, usageError } from "./usage-error.ts";

export interface LineRun {
  /** Fires when the command is to stop. */
  readonly signal: AbortSignal;
  /** For the help. */
  readonly columns: number;
  contextOf(options: SharedOptions): Promise<CliContext>;
  /** Takes the help. Without it yargs prints it and ends the process. */
  readonly onHelp?: (text: string) => void;
}

/**
 * Runs the command that `words` name. @returns the exit status.
 * @throws LabError for what users can cause, `usage` when the line cannot be understood; anything else is a bug.
 */
export async function runLine(words: readonly string[], run: LineRun): Promise<number> {
  let status = 0;
  const parser = createParser(words, run.columns, async (row, args) => {
    const { command } = await row.load();
    const context = await run.contextOf(args);
    status = (await command.run(context, args)) ?? 0;
  });
  const { onHelp } = run;
  try {
    if (onHelp === undefined) await parser.parseAsync();
    else {
      await parser.parseAsync([...words], {}, (_error, _args, help) => {
        if (help !== "") onHelp(help);
      });
    }
    return status;
  } catch (thrown) {
    // Some of its findings yargs does not pass to `fail`, but throws.
    const isUsage = thrown instanceof Error && thrown.name === "YError";
    const error = isUsage ? usageError(thrown.message, refusedLine(words, parser)) : thrown;
    if (run.signal.aborted && !(error instanceof LabError))
      throw new LabError("cancelled", "interrupted", { cause: error });
    throw error;
  }
}

/** The options of a command, its own before those that all have. */
export async function optionsOfCommand(row: CommandRow): Promise<readonly OptionInfo[]> {
  let options: readonly OptionInfo[] = [];
  const name = commandOf(row.usage);
  const parser = withSharedOptions(yargs([])).command({
    command: row.usage,
    describe: row.describe,
    builder: async (sub: Argv) => {
      const { command } = await row.load();
      const filled = command.options(sub);
      options = optionInfos(filled, positionalsOf(row.usage));
      return filled;
    },
    handler: () => undefined,
  });
  // Asking for the help is the way to have yargs call the builder without refusing a line that lacks something.
  await parser.help().parseAsync([name, "--help"], {}, () => undefined);
  return options;
}

function optionInfos(parser: Argv, positionals: readonly string[]): readonly OptionInfo[] {
  const table = optionsOf(parser);
  const aliases = new Set(Object.values(table.alias).flat());
  const names = Object.keys(table.key).filter(
    name => !aliases.has(name) && !positionals.includes(name) && !["help", "version"].includes(name),
  );
  const infos = names.map(name => ({
    name,
    aliases: table.alias[name] ?? [],
    describe: table.describe[name] ?? "",
    takesValue: !table.boolean.includes(name),
    isRepeatable: table.array.includes(name),
    isOn: table.boolean.includes(name) && table.default[name] === true,
    choices: (table.choices[name] ?? []).map(String),
  }));
  const isShared = (info: OptionInfo) => sharedOptions.includes(info.name);
  return [...infos.filter(info => !isShared(info)), ...infos.filter(isShared)];
}

/** `cat <target> [path]` → `target`, `path` */
function positionalsOf(usage: string): readonly string[] {
  return usage
    .split(" ")
    .slice(1)
    .map(word => word.replace(/[<>[\].]/g, ""));
}

type Run = (row: CommandRow, args: SharedOptions) => Promise<void>;

function createParser(words: readonly string[], columns: number, run: Run): Argv {
  const parser: Argv = withSharedOptions(yargs([...words]))
    .scriptName("kaniko-lab")
    .usage(
      "$0 <command> [options]\n\nRun Kaniko, and see which instruction made which layer, what is in it, and why the cache was hit or missed.",
    )
    .parserConfiguration({ "populate--": true })
    .wrap(Math.min(100, columns))
    .version(false)
    .option("version", { alias: "V", type: "boolean", describe: "Show the version", global: false })
    .help()
    .alias("help", "h")
    .strict()
    .demandCommand(1, "")
    .fail((message, error) => {
      throw error ?? usageError(message ?? "", refusedLine(words, parser));
    });
  // The others matter for the help of all and for completion only; to tell them all to yargs takes as long as to run one.
  const named = commandTable.filter(row => commandOf(row.usage) === words[0]);
  addCommands(parser, named.length > 0 ? named : commandTable, (row, args) => {
    refuseOddValues({ ...args }, optionsOf(parser).array);
    return run(row, args);
  });
  withExamples(parser, [
    ["$0 build workspace/greeter", "build a sample"],
    ["$0", "look at the latest build"],
  ]);
  return parser;
}

/** Of every command that is known by now: those behind another one (`cache ls`) when that is loaded. */
const positionalsOfCommand = new Map<string, readonly string[]>(
  commandTable.map(({ usage }) => [commandOf(usage), usage.split(" ").slice(1)]),
);

function addCommands(parser: Argv, rows: readonly CommandRow[], run: Run): void {
  for (const row of rows) {
    parser.command({
      command: row.usage,
      describe: row.describe,
      builder: async sub => {
        const { command } = await row.load();
        const filled = withExamples(command.options(inGroups(sub as Argv)), command.examples);
        for (const below of command.commands ?? [])
          positionalsOfCommand.set(
            `${commandOf(row.usage)} ${commandOf(below.usage)}`,
            below.usage.split(" ").slice(1),
          );
        addCommands(filled, command.commands ?? [], run);
        return filled;
      },
      handler: args => {
        formNoHelp(parser);
        return run(row, args as SharedOptions);
      },
    });
  }
}

function withSharedOptions(parser: Argv): Argv {
  return parser
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
    .option("debug", { type: "boolean", describe: "Stack traces", global: true });
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

/** yargs puts the help of each command together before it runs it, in case that fails and asks for it. Here none does. */
function formNoHelp(parser: Argv): void {
  const inner = parser as unknown as { getInternalMethods(): { getUsageInstance(): { cacheHelpMessage(): void } } };
  inner.getInternalMethods().getUsageInstance().cacheHelpMessage = () => undefined;
}

interface OptionTable {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly choices: Readonly<Record<string, readonly unknown[]>>;
  readonly default: Readonly<Record<string, unknown>>;
  readonly describe: Readonly<Record<string, string>>;
}

/** yargs' own table of the options of the command that was called; its types leave it out. */
function optionsOf(parser: Argv): OptionTable {
  const inner = parser as unknown as {
    getOptions(): Omit<OptionTable, "describe">;
    getInternalMethods(): { getUsageInstance(): { getDescriptions(): Record<string, string> } };
  };
  return { ...inner.getOptions(), describe: inner.getInternalMethods().getUsageInstance().getDescriptions() };
}

function refusedLine(argv: readonly string[], parser: Argv): RefusedLine {
  const parsed = (parser as unknown as { parsed: { argv: { _: readonly (string | number)[] } } | false }).parsed;
  return {
    argv: joinCommand(argv),
    words: parsed === false ? [] : joinCommand(parsed.argv._.map(String)),
    commands: positionalsOfCommand,
    options: Object.keys(optionsOf(parser).key),
  };
}

/** `cache`, `ls` → `cache ls` */
function joinCommand(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word, index) => positionalsOfCommand.has(`${word} ${words[index + 1]}`));
  return at < 0 ? words : [...words.slice(0, at), `${words[at]} ${words[at + 1]}`, ...words.slice(at + 2)];
}
