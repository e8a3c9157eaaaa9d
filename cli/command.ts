import type { Argv } from "yargs";
import type { CommandRow } from "./command-table.ts";
import type { CliContext } from "./context.ts";

/** What a file of `commands/` exports as `command`. */
export interface Command {
  /** Command lines to copy (`$0` stands for the program) and what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Commands that are written behind this one, as in `cache ls`; it then runs nothing itself. */
  readonly commands?: readonly CommandRow[];
  /** Options and positionals. */
  options(argv: Argv): Argv;
  /** Runs the command; the returned number is the exit status (default 0). */
  // biome-ignore lint/suspicious/noExplicitAny: yargs has told each command what its own options are
  run(context: CliContext, args: any): Promise<number | undefined>;
}

/** One option of a command, for those that help to write a line. */
export interface OptionInfo {
  /** Without dashes. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly describe: string;
  readonly takesValue: boolean;
  readonly isRepeatable: boolean;
  /** It is on unless `--no-` stands before its name. */
  readonly isOn: boolean;
  /** The only values that it takes; empty: any. */
  readonly choices: readonly string[];
}
