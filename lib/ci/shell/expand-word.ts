/**
 * Words of a POSIX shell, expanded without running anything: quotes, `$V`, `${V:-w}` and its kin, splitting at white space.
 * What only running would tell (`$(…)`, arithmetic, a variable that nobody set) becomes a mark.
 */

import type { ParameterExpansionPart, Word, WordPart } from "unbash";
import { ExpansionBudget } from "../../dockerfile/expansion-budget.ts";
import { replaceMatches, trimPrefix, trimSuffix } from "../../dockerfile/shell-pattern.ts";
import { LabError } from "../../error.ts";
import type { ShellPlace, ShellState } from "./shell-state.ts";

/** A longer text is no command line: a variable that holds itself doubles with every round of a loop. */
const maxLength = 1 << 20;

/** One word of the script as the words that the command gets: none, one or several. */
export function expandWord(word: Word, state: ShellState, place: ShellPlace): string[] {
  const fields = new Fields();
  for (const part of partsOf(word)) addPart(part, fields, state, place);
  return fields.finish();
}

/** As in `V=$X`, in quotes, and behind `case`: nothing is split. */
export function expandText(word: Word | undefined, state: ShellState, place: ShellPlace): string {
  if (word === undefined) return "";
  return limited(
    partsOf(word)
      .map(part => partText(part, state, place))
      .join(""),
    place,
    word.pos,
  );
}

type Part = WordPart | { readonly type: "Plain"; readonly value: string; readonly pos: number };

function partsOf(word: Word): readonly Part[] {
  return word.parts ?? [{ type: "Plain", value: word.value, pos: word.pos }];
}

/** The words that grow while the parts of one word are read. */
class Fields {
  readonly #done: string[] = [];
  #open: string | null = null;

  add(text: string): void {
    this.#open = (this.#open ?? "") + text;
  }

  /** Text of an expansion outside quotes. */
  addSplit(text: string): void {
    const pieces = text.split(/[ \t\n]+/);
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) this.next();
      if (piece !== "") this.add(piece);
    }
  }

  next(): void {
    if (this.#open !== null) this.#done.push(this.#open);
    this.#open = null;
  }

  finish(): string[] {
    this.next();
    return this.#done;
  }
}

function addPart(part: Part, fields: Fields, state: ShellState, place: ShellPlace): void {
  const all = allArguments(part);
  if (all !== null) {
    const positional = state.positional ?? [];
    for (const [at, argument] of positional.entries()) {
      if (at > 0) fields.next();
      fields.add(argument);
    }
    return;
  }
  const value = limited(partText(part, state, place), place, part.pos);
  const isSplit = part.type === "SimpleExpansion" || part.type === "ParameterExpansion";
  if (isSplit) fields.addSplit(value);
  else fields.add(value);
}

/** `"$@"` gives each argument as a word; so do `$@` and `$*` here, whose arguments seldom have blanks. */
function allArguments(part: Part): true | null {
  const inner = part.type === "DoubleQuoted" && part.parts.length === 1 ? part.parts[0] : part;
  const text = inner !== undefined && "text" in inner ? inner.text : "";
  return /^\$(?:[@*]|\{[@*]\})$/.test(text) && (text.includes("@") || part.type !== "DoubleQuoted") ? true : null;
}

function partText(part: Part, state: ShellState, place: ShellPlace): string {
  switch (part.type) {
    case "Plain":
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return part.value;
    case "DoubleQuoted":
    case "LocaleString":
      return part.parts.map(child => partText(child, state, place)).join("");
    case "SimpleExpansion":
      return variableText(part.text.slice(1), part.pos, state, place);
    case "ParameterExpansion":
      return parameterText(part, state, place);
    case "CommandExpansion":
      return /^\$\(\s*pwd\s*\)$|^`pwd`$/.test(part.text) ? state.workingFolder : unknownText(part, place);
    case "ArithmeticExpansion":
    case "ProcessSubstitution":
      return unknownText(part, place);
    default:
      // Patterns for file names and braces: what they give depends on the files, and on the shell.
      return part.text;
  }
}

function unknownText(part: { readonly text: string; readonly pos: number }, place: ShellPlace): string {
  return place.unknowns.mark({ name: part.text, line: place.lineAt(part.pos), give: null });
}

/** The value of a variable, or undefined when it is not set as far as anybody knows. */
function lookUp(name: string, state: ShellState, place: ShellPlace): string | undefined {
  if (name === "PWD") return state.workingFolder;
  if (/^\d+$/.test(name)) return state.positional?.[Number(name) - 1] ?? (state.positional ? "" : place.outside(name));
  if (name === "@" || name === "*") return (state.positional ?? []).join(" ");
  if (name === "#") return state.positional === null ? undefined : String(state.positional.length);
  return state.variables.get(name) ?? place.outside(name);
}

function variableText(name: string, offset: number, state: ShellState, place: ShellPlace): string {
  return lookUp(name, state, place) ?? unset(name, offset, place);
}

function unset(name: string, offset: number, place: ShellPlace): string {
  const give = /^\w+$/.test(name) ? `--param ${name}=VALUE` : null;
  return place.unknowns.mark({ name: `$${name}`, line: place.lineAt(offset), give });
}

function parameterText(part: ParameterExpansionPart, state: ShellState, place: ShellPlace): string {
  const { operation, parameter } = part;
  if (part.prefix !== undefined || part.index !== undefined) return unknownText(part, place);
  const value = lookUp(parameter, state, place);
  if (operation === undefined) return value ?? unset(parameter, part.pos, place);
  const budget = new ExpansionBudget();
  switch (operation.type) {
    case "Default": {
      const has = value !== undefined && !(operation.operator.startsWith(":") && value === "");
      if (operation.operator.endsWith("+")) return has ? expandText(operation.operand, state, place) : "";
      if (has) return value;
      if (operation.operator.endsWith("?")) return unset(parameter, part.pos, place);
      const word = expandText(operation.operand, state, place);
      if (operation.operator.endsWith("=")) state.variables.set(parameter, word);
      return word;
    }
    case "Remove": {
      const pattern = expandText(operation.operand, state, place);
      const trim = operation.operator.startsWith("#") ? trimPrefix : trimSuffix;
      const whole = value ?? unset(parameter, part.pos, place);
      return trim(pattern, whole, operation.operator.length === 2, budget);
    }
    case "Replace": {
      if (operation.operator !== "/" && operation.operator !== "//") return unknownText(part, place);
      const pattern = expandText(operation.pattern, state, place);
      const replacement = expandText(operation.replacement, state, place);
      const whole = value ?? unset(parameter, part.pos, place);
      return replaceMatches(pattern, whole, replacement, operation.operator === "//", budget);
    }
    default:
      return unknownText(part, place);
  }
}

function limited(value: string, place: ShellPlace, offset: number): string {
  if (value.length <= maxLength) return value;
  throw new LabError("too-large", `${place.file}:${place.lineAt(offset)}: a word of the script becomes too long`);
}
