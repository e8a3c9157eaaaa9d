/** Adds to a line what it leaves out and what is open says: the target, the selected path, what it is compared with. Pure. */

import type { OptionInfo } from "../../command.ts";
import type { CommandInfo } from "./command-line.ts";
import type { OpenFacts } from "./open-facts.ts";

/** @param words the command first. */
export function fillWords(
  words: readonly string[],
  command: CommandInfo,
  options: readonly OptionInfo[],
  facts: OpenFacts,
): readonly string[] {
  const [name = "", ...rest] = words;
  if (facts.target === null || asksForHelp(rest)) return words;
  const names = command.positionals.map(nameOf);
  const given = positionalsIn(rest, options);
  if (names[1] === "other") return fillPair(words, names, given, facts);
  const isPathOnly = given.length > 0 && names[0] === "target" && isAllPaths(command, given);
  const front = isPathOnly ? [facts.target] : [];
  const count = given.length + front.length;
  const added = valuesFrom(
    command.positionals.slice(count),
    needsPath(command) && !rest.some(word => /^--entry(?:=|$)/.test(word)),
    facts,
  );
  return [name, ...front, ...withoutEnd(rest), ...added, ...endOf(rest)];
}

export function asksForHelp(words: readonly string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

/** Whether the words stand for the paths only: the one that is needed, or paths of an image by their looks. */
function isAllPaths(command: CommandInfo, given: readonly string[]): boolean {
  const [, positional = ""] = command.positionals;
  if (nameOf(positional) === "paths") return given.every(isPath);
  return nameOf(positional) === "path" && given.length === 1 && (needsPath(command) || given.every(isPath));
}

function isPath(word: string): boolean {
  return word.startsWith("/");
}

/** `cat` takes other words for a path as well, so that it stands in brackets there: but without a target it is nothing. */
function needsPath({ positionals: [first, second] }: CommandInfo): boolean {
  return second === "<path>" || (first === "<target>" && second === "[path]");
}

/** For the positionals that are left, as long as what is open says something. */
function valuesFrom(positionals: readonly string[], withPath: boolean, facts: OpenFacts): readonly string[] {
  const values: string[] = [];
  for (const positional of positionals) {
    const value = filledValue(nameOf(positional), withPath, facts);
    if (value === null) break;
    values.push(value);
  }
  return values;
}

function filledValue(name: string, withPath: boolean, facts: OpenFacts): string | null {
  switch (name) {
    case "target":
      return facts.target;
    case "build":
    case "builds":
      return facts.isBuild ? facts.target : null;
    case "path":
      return withPath ? facts.path : null;
    default:
      return null;
  }
}

/** `<path>`, `[paths..]` → `path`, `paths` */
function nameOf(positional: string): string {
  return positional.replace(/[<>[\].]/g, "");
}

/** Two targets, the older one first: what is open is the second. */
function fillPair(
  words: readonly string[],
  names: readonly string[],
  given: readonly string[],
  { target, other, baseStep, step }: OpenFacts,
): readonly string[] {
  const [name = "", ...rest] = words;
  const fill = (...added: readonly string[]) => [name, ...withoutEnd(rest), ...added, ...endOf(rest)];
  const open = target as string;
  // `diff` takes its steps from one target as well.
  const isOneTarget = names[0] === "target" && rest.some(word => /^--(?:step|from|to)(?:=|$)/.test(word));
  if (given.length > 1) return words;
  if (isOneTarget) return given.length === 0 ? fill(open) : words;
  if (given.length === 1) return fill(open);
  if (names[0] === "target" && baseStep !== null && step !== null)
    return fill(open, "--from", String(baseStep), "--to", String(step));
  return other === null ? fill(open) : fill(other, open);
}

/** The words that are neither options nor values of options. */
function positionalsIn(words: readonly string[], options: readonly OptionInfo[]): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-") found.push(word);
    else if (takesNext(word, options)) at += 1;
  }
  return found;
}

/** Whether the word after an option belongs to it. */
export function takesNext(word: string, options: readonly OptionInfo[]): boolean {
  if (word.includes("=")) return false;
  return optionNamed(word, options)?.takesValue ?? false;
}

/** The option that `--name`, `-n` or the last letter of `-xyn` means. */
export function optionNamed(word: string, options: readonly OptionInfo[]): OptionInfo | undefined {
  const name = word.startsWith("--") ? word.slice(2).replace(/=.*$/s, "") : word.slice(-1);
  return options.find(option => option.name === name || option.aliases.includes(name));
}

/** Words behind `--` are no positionals: what is added stands before it. */
function withoutEnd(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end < 0 ? words : words.slice(0, end);
}

function endOf(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end < 0 ? [] : words.slice(end);
}
