/** What yargs finds wrong with a command line, said in the words of the one who typed it. Pure. */

import { nameSuggestion } from "../lib/dockerfile/suggest.ts";
import { LabError } from "../lib/error.ts";

/** What is known when the command line is refused. */
export interface RefusedLine {
  readonly argv: readonly string[];
  /** Words that are no options, the command first. */
  readonly words: readonly string[];
  /** Each command with its positionals, as `<needed>`, `[optional]`. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  /** Long names of the options that the command knows. */
  readonly options: readonly string[];
}

export function usageError(message: string, line: RefusedLine): LabError {
  // Where positionals or values are missing, yargs may have taken the command off the words already.
  const isShort = message.startsWith("Not enough non-option arguments");
  const command = isShort || line.words.length === 0 ? line.argv.find(word => line.commands.has(word)) : line.words[0];
  if (command === undefined) return noCommand(line);
  const positionals = line.commands.get(command);
  if (positionals === undefined) return unknownCommand(command, [...line.commands.keys()]);
  const help = `kaniko-lab ${command} --help`;
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message);
  if (unknown) return unknownArgument((unknown[1] as string).split(", "), command, line);
  const choice = /Argument: (.+?), Given: (.*?), Choices: (.*)$/m.exec(message);
  if (choice) return error(`--${choice[1]} is one of ${choice[3]}, not ${choice[2]}`, help);
  const required = /^Missing required arguments?: (.*)$/s.exec(message);
  if (required) return error(`${command} needs --${(required[1] as string).split(", ").join(" and --")}`, help);
  if (isShort) {
    const path = line.argv.find(word => word.startsWith("/"));
    const isPathAlone = path !== undefined && positionals.join(" ").startsWith("<target> <path>");
    return error(
      `${command} needs ${positionals.filter(name => name.startsWith("<")).join(" and ")}`,
      isPathAlone ? pathAloneHint(command, path) : help,
    );
  }
  const both = /^Arguments (.+) and (.+) are mutually exclusive$/.exec(message);
  if (both) return error(`--${both[1]} and --${both[2]} exclude each other`, help);
  const value = /^Not enough arguments following: (.+)$/.exec(message);
  if (value) return error(`--${(value[1] as string).replace(/^-+/, "")} needs a value`, help);
  return error(message, help);
}

/** Other commands take the latest build when none is named: this one cannot tell a path from a target. */
export function pathAloneHint(command: string, path: string): string {
  return `for a path in the latest build: kaniko-lab ${command} latest ${path}`;
}

function noCommand({ argv, options }: RefusedLine): LabError {
  const help = "kaniko-lab --help lists the commands";
  const flags = options.map(name => (name.length === 1 ? `-${name}` : `--${name}`));
  const given = argv.map(word => word.replace(/=.*$/s, ""));
  const odd = given.find(word => /^-./.test(word) && !flags.includes(word.replace(/^--no-/, "--")));
  if (odd === undefined) return error("which command?", help);
  return error(`there is no option ${odd}${nameSuggestion(odd, flags)}`, help);
}

/** What can only be meant as a target: a build's name, an image, a path. */
const looksLikeTarget = /^(?:latest|previous|\d{8}-.*)$|[/:]/;

function unknownCommand(word: string, commands: readonly string[]): LabError {
  if (looksLikeTarget.test(word) && /^[\w@%+=:,./-]+$/.test(word))
    return error(
      `there is no command ${JSON.stringify(word)}`,
      `to look at a build or an image: kaniko-lab tui ${word}, kaniko-lab steps ${word}`,
    );
  return error(
    `there is no command ${JSON.stringify(word)}${nameSuggestion(word, commands)}`,
    "kaniko-lab --help lists the commands",
  );
}

function unknownArgument(names: readonly string[], command: string, line: RefusedLine): LabError {
  const help = `kaniko-lab ${command} --help`;
  const option = names.find(name => line.argv.some(word => isOption(word, name)));
  if (option === undefined) {
    const words = names.map(name => JSON.stringify(name)).join(", ");
    return error(`${command} does not know what to do with ${words}`, help);
  }
  const flag = option.length === 1 ? `-${option}` : `--${option}`;
  const flags = line.options.filter(name => name.length > 1).map(name => `--${name}`);
  return error(
    `${command} has no option ${flag}${nameSuggestion(flag, flags)}`,
    command === "build" ? `${help}; flags of Kaniko itself go behind --` : help,
  );
}

function isOption(word: string, name: string): boolean {
  if (word.startsWith("--")) return word.slice(2).replace(/=.*$/s, "").replace(/^no-/, "") === name;
  return word.startsWith("-") && name.length === 1 && word.includes(name);
}

/** What the parser lets pass: a number that is none, an option for one value that is given twice. */
export function refuseOddValues(args: Readonly<Record<string, unknown>>, lists: readonly string[]): void {
  // yargs gives each option under both spellings, `build-arg` and `buildArg`, but lists only the first.
  const takesMany = new Set(
    lists.flatMap(name => [name, name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]),
  );
  for (const [name, value] of Object.entries(args)) {
    if (Number.isNaN(value)) throw error(`--${name} takes a number`);
    if (name === "_" || name === "--" || !Array.isArray(value)) continue;
    if (!takesMany.has(name)) throw error(`--${name} is given ${value.length} times, but takes one value`);
    if (value.some(Number.isNaN)) throw error(`--${name} takes numbers`);
  }
}

function error(message: string, hint?: string): LabError {
  return new LabError("usage", message, { hint });
}
