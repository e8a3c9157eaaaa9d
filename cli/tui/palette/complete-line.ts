/** What Tab can make of a line that is being typed, and what is said about it while it is. Pure. */

import type { OptionInfo } from "../../command.ts";
import type { CommandInfo } from "./command-line.ts";
import { optionNamed, takesNext } from "./fill-words.ts";
import { type LineWord, splitLine } from "./line-words.ts";
import { type OpenFacts, variableNames } from "./open-facts.ts";

export interface Completion {
  /** Where in the line what is completed begins. */
  readonly start: number;
  readonly candidates: readonly string[];
  /** One line. */
  readonly hint: string;
}

export interface KnownCommands {
  readonly commands: readonly CommandInfo[];
  /** Of the commands whose options were read. */
  readonly options: ReadonlyMap<string, readonly OptionInfo[]>;
  /** What can stand behind a command, such as `ls` behind `cache`. */
  readonly below: ReadonlyMap<string, readonly CommandInfo[]>;
}

const helpDescribe = "What a command does, its options and examples";

/** @param line up to the cursor. */
export function completeLine(line: string, known: KnownCommands, facts: OpenFacts): Completion {
  const { words, isOpen } = splitLine(line);
  const isNew = words.length === 0 || /\s$/.test(line);
  const last: LineWord = isNew ? { text: "", start: line.length, isQuoted: false } : (words.at(-1) as LineWord);
  const before = (isNew ? words : words.slice(0, -1)).map(word => word.text);
  if (isOpen || last.isQuoted) return { start: line.length, candidates: [], hint: "" };
  const start = last.start;
  const [name, ...rest] = before;
  if (name === undefined || (name === "help" && rest.length === 0)) return { start, ...commandNames(last.text, known) };
  const command = known.commands.find(one => one.name === name);
  if (command === undefined) return { start, candidates: [], hint: name === "help" ? helpDescribe : "no such command" };
  const below = known.below.get(name) ?? [];
  const [second, ...others] = rest;
  if (below.length > 0 && second === undefined && !last.text.startsWith("-"))
    return { start, ...namesAmong(below, last.text) };
  const sub = below.find(one => one.name === second);
  if (sub !== undefined) {
    const options = known.options.get(`${name} ${sub.name}`) ?? [];
    return { start, ...argumentsOf(sub, others, last.text, options, facts) };
  }
  return { start, ...argumentsOf(command, rest, last.text, known.options.get(name) ?? [], facts) };
}

type Candidates = Omit<Completion, "start">;

function commandNames(text: string, { commands }: KnownCommands): Candidates {
  const all = [
    ...commands.filter(command => !command.takesTerminal),
    { name: "help", describe: helpDescribe, positionals: ["[command]"] },
  ];
  return namesAmong(all, text, [...commands, ...all]);
}

/** @param told those that there is something to say about, too */
function namesAmong(
  commands: readonly Omit<CommandInfo, "takesTerminal">[],
  text: string,
  told: readonly Omit<CommandInfo, "takesTerminal">[] = commands,
): Candidates {
  const fitting = commands.filter(command => command.name.startsWith(text));
  const exact = told.find(command => command.name === text);
  const only = fitting.length === 1 ? fitting[0] : undefined;
  const hint = exact
    ? describeCommand(exact)
    : only
      ? `${only.name}: ${only.describe}`
      : fitting.map(command => command.name).join("  ") || "no such command";
  return { candidates: fitting.map(command => command.name), hint };
}

function describeCommand({ positionals, describe }: Pick<CommandInfo, "positionals" | "describe">): string {
  return [...positionals, describe].join("  ");
}

function argumentsOf(
  command: CommandInfo,
  before: readonly string[],
  text: string,
  options: readonly OptionInfo[],
  facts: OpenFacts,
): Candidates {
  if (text.startsWith("$")) {
    const fitting = variableNames.map(name => `$${name}`).filter(name => name.startsWith(text));
    return { candidates: fitting, hint: fitting.join("  ") };
  }
  const previous = before.at(-1) ?? "";
  if (previous.startsWith("-") && takesNext(previous, options)) {
    const option = optionNamed(previous, options) as OptionInfo;
    const fitting = valuesOf(option, facts).filter(value => value.startsWith(text));
    return { candidates: fitting, hint: fitting.length > 1 ? fitting.join("  ") : option.describe };
  }
  const isOption = text.startsWith("-");
  if (!isOption && text !== "") return { candidates: [], hint: describeCommand(command) };
  const unused = options.filter(
    option => option.isRepeatable || !before.some(word => word.startsWith("-") && optionNamed(word, [option])),
  );
  const fitting = unused.filter(option => writtenOption(option).startsWith(text));
  const candidates = fitting.map(option => completedOption(option, facts));
  if (!isOption) return { candidates, hint: describeCommand(command) };
  const exact = fitting.length === 1 ? fitting[0] : fitting.find(option => writtenOption(option) === text);
  return {
    candidates,
    hint: exact
      ? `${writtenOption(exact)}: ${exact.describe}`
      : fitting.map(writtenOption).join(" ") || "no such option",
  };
}

function writtenOption({ name, isOn }: OptionInfo): string {
  return isOn ? `--no-${name}` : `--${name}`;
}

/** With the selected step where a step is asked for. */
function completedOption(option: OptionInfo, facts: OpenFacts): string {
  const step = option.name === "step" ? facts.step : null;
  return step === null ? writtenOption(option) : `--step ${step}`;
}

const stepOptions: readonly string[] = ["step", "from", "to"];

function valuesOf(option: OptionInfo, facts: OpenFacts): readonly string[] {
  if (option.choices.length > 0) return option.choices;
  if (stepOptions.includes(option.name)) return facts.step === null ? [] : [String(facts.step)];
  return option.name === "stage" ? facts.stages.filter(name => /^[\w.-]+$/.test(name)) : [];
}

/** The line after Tab: the only candidate with a space, else as much as all have in common. */
export function completed(line: string, { start, candidates }: Completion): string {
  const [first, ...others] = candidates;
  if (first === undefined) return line;
  if (others.length === 0) return `${line.slice(0, start)}${first} `;
  let common = first;
  for (const other of others) while (!other.startsWith(common)) common = common.slice(0, -1);
  return common.length > line.length - start ? line.slice(0, start) + common : line;
}
