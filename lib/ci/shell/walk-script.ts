/**
 * Goes through a shell script without running it, and tells its commands with their words expanded, in the order in which
 * they would run. Both sides of a condition are gone through; what one of them sets is not known behind it.
 */

import { type Assignment, type Command, parse, type Statement, type SyntaxNode } from "unbash";
import { LabError } from "../../error.ts";
import { resolveFolder } from "../ci-path.ts";
import { hasMark, lineWithin, type Unknowns } from "../unknowns.ts";
import { expandText, expandWord } from "./expand-word.ts";
import { copyState, type ShellPlace, type ShellState } from "./shell-state.ts";

export interface ShellCommand {
  readonly words: readonly string[];
  /** Variables as the command sees them. */
  readonly variables: ReadonlyMap<string, string>;
  readonly workingFolder: string;
  /** Files that its output goes to. */
  readonly writes: readonly string[];
  /** Line in the file, from 1. */
  readonly line: number;
  /** Why it may not run at all: `if [ -n "$TAG" ]`; null when it always does. */
  readonly condition: string | null;
}

export interface ScriptOptions {
  readonly file: string;
  /** Line of the script's first line in the file. */
  readonly firstLine: number;
  /** Lines in the file of each line of the script, where they do not follow each other there. */
  readonly lines?: readonly number[] | undefined;
  readonly unknowns: Unknowns;
  readonly variables: ReadonlyMap<string, string>;
  readonly positional?: readonly string[] | null;
  readonly workingFolder: string;
  outside(name: string): string | undefined;
}

/** Loops in loops, functions that call themselves: no script that builds an image runs so many commands. */
const maxCommands = 10_000;
const maxDepth = 50;

/** @throws LabError `config-invalid` with file and line for a script that no shell would read; `too-large`. */
export function walkScript(script: string, options: ScriptOptions): ShellCommand[] {
  const walk = new ScriptWalk(script, options);
  const state: ShellState = {
    variables: new Map(options.variables),
    positional: options.positional ?? null,
    workingFolder: options.workingFolder,
  };
  walk.walk(state);
  return walk.commands;
}

interface Around {
  readonly condition: string | null;
  readonly depth: number;
}

class ScriptWalk {
  readonly commands: ShellCommand[] = [];
  readonly #options: ScriptOptions;
  readonly #functions = new Map<string, { body: SyntaxNode; place: ShellPlace; text: string }>();
  #text: string;
  #place: ShellPlace;
  #count = 0;

  constructor(text: string, options: ScriptOptions) {
    this.#text = text;
    this.#options = options;
    this.#place = this.#placeOf(text, options.firstLine, options.lines);
  }

  /** The script itself, in the place that it has. */
  walk(state: ShellState): void {
    this.#parsed(this.#text, state, { condition: null, depth: 0 });
  }

  /** What `eval` is given. */
  #read(text: string, state: ShellState, firstLine: number, around: Around): void {
    const outer = [this.#text, this.#place] as const;
    this.#text = text;
    this.#place = this.#placeOf(text, firstLine);
    this.#parsed(text, state, around);
    [this.#text, this.#place] = outer;
  }

  #parsed(text: string, state: ShellState, around: Around): void {
    const script = parse(text);
    const fault = script.errors?.[0];
    if (fault) {
      const where = `${this.#place.file}:${this.#place.lineAt(fault.pos)}`;
      throw new LabError("config-invalid", `${where}: no shell reads this script: ${fault.message}`);
    }
    this.#list(script.commands, state, around);
  }

  #placeOf(text: string, firstLine: number, lines?: readonly number[]): ShellPlace {
    const { file, unknowns, outside } = this.#options;
    const lineAt = (offset: number) => lines?.[lineWithin(text, offset, 0)] ?? lineWithin(text, offset, firstLine);
    return { file, unknowns, outside, lineAt };
  }

  #list(statements: readonly Statement[], state: ShellState, around: Around): void {
    for (const statement of statements) this.#node(statement.command, state, around);
  }

  #node(node: SyntaxNode, state: ShellState, around: Around): void {
    const inside = { ...around, depth: around.depth + 1 };
    this.#count += 1;
    if (inside.depth > maxDepth || this.#count > maxCommands) throw this.#tooMuch(node);
    switch (node.type) {
      case "Command":
        this.#command(node, state, inside);
        return;
      case "Pipeline":
        // Each runs in a shell of its own.
        for (const each of node.commands) this.#node(each, node.commands.length > 1 ? copyState(state) : state, inside);
        return;
      case "AndOr":
        this.#andOr(node, state, inside);
        return;
      case "If": {
        this.#list(node.clause.commands, state, inside);
        const lists = [node.then, ...node.elif.map(({ then }) => then), ...(node.else ? [node.else] : [])];
        this.#either(lists, node.else !== undefined, state, { ...inside, condition: this.#brief(node) });
        return;
      }
      case "Case": {
        const bodies = node.items.map(({ body }) => body);
        this.#either(bodies, false, state, { ...inside, condition: this.#brief(node) });
        return;
      }
      case "While":
      case "Select":
      case "ArithmeticFor":
        this.#either([node.body], false, state, { ...inside, condition: this.#brief(node) });
        return;
      case "For":
        this.#loop(node, state, inside);
        return;
      case "Subshell":
        this.#list(node.body.commands, copyState(state), inside);
        return;
      case "BraceGroup":
        this.#list(node.body.commands, state, inside);
        return;
      case "CompoundList":
        this.#list(node.commands, state, inside);
        return;
      case "Redirected":
        this.#node(node.command, state, inside);
        return;
      case "Function":
        this.#functions.set(node.name.value, { body: node.body, place: this.#place, text: this.#text });
        return;
      default:
        return;
    }
  }

  #tooMuch(node: SyntaxNode): LabError {
    const where = `${this.#place.file}:${this.#place.lineAt(node.pos)}`;
    return new LabError("too-large", `${where}: the script goes too deep, or on for too long`);
  }

  /** The first line of a construct, for people. */
  #brief(node: SyntaxNode): string {
    const line = this.#text.slice(node.pos, node.end).split("\n")[0] as string;
    const text = this.#options.unknowns.shown(line.replace(/;\s*(?:then|do)\b.*$/, "").trim());
    return `${text} (line ${this.#place.lineAt(node.pos)})`;
  }

  #andOr(node: Extract<SyntaxNode, { type: "AndOr" }>, state: ShellState, around: Around): void {
    for (const [at, command] of node.commands.entries()) {
      const before = node.commands[at - 1];
      if (before === undefined) {
        this.#node(command, state, around);
        continue;
      }
      const isTest =
        before.type === "TestCommand" || (before.type === "Command" && /^(?:\[|test)$/.test(before.name?.value ?? ""));
      // What follows && runs when all goes well; what follows || when it does not.
      if (node.operators[at - 1] === "&&" && !isTest) this.#node(command, state, around);
      else this.#either([command], false, state, { ...around, condition: this.#brief(node) });
    }
  }

  /** One of several, or none of them unless `isComplete`. */
  #either(branches: readonly SyntaxNode[], isComplete: boolean, state: ShellState, around: Around): void {
    const ends = branches.map(branch => {
      const end = copyState(state);
      this.#node(branch, end, around);
      return end;
    });
    const all = isComplete ? ends : [copyState(state), ...ends];
    for (const name of new Set(all.flatMap(end => [...end.variables.keys()]))) {
      const values = new Set(all.map(end => end.variables.get(name) ?? this.#place.outside(name)));
      if (values.size === 1) {
        const value = [...values][0];
        if (value !== undefined) state.variables.set(name, value);
        continue;
      }
      const where = around.condition ?? "a condition";
      const line = Number(/\(line (\d+)\)$/.exec(where)?.[1] ?? this.#options.firstLine);
      const given = this.#place.outside(name);
      const unknown = { name: `$${name}`, line, give: `--param ${name}=VALUE` };
      state.variables.set(name, given ?? this.#options.unknowns.mark(unknown));
    }
    const folders = new Set(all.map(end => end.workingFolder));
    if (folders.size === 1) state.workingFolder = [...folders][0] as string;
  }

  #loop(node: Extract<SyntaxNode, { type: "For" }>, state: ShellState, around: Around): void {
    const name = node.name.value;
    const values = node.wordlist
      ? node.wordlist.flatMap(word => expandWord(word, state, this.#place))
      : (state.positional ?? []);
    const isOpen = values.some(value => hasMark(value) || /[*?[]/.test(value));
    if (!isOpen) {
      for (const value of values) {
        state.variables.set(name, value);
        this.#node(node.body, state, around);
      }
      return;
    }
    const unknown = { name: `$${name}`, line: this.#place.lineAt(node.pos), give: `--param ${name}=VALUE` };
    state.variables.set(name, this.#place.outside(name) ?? this.#options.unknowns.mark(unknown));
    this.#either([node.body], false, state, { ...around, condition: this.#brief(node) });
  }

  #command(node: Command, state: ShellState, around: Around): void {
    const own = node.prefix.filter(each => each.type === "Assignment");
    const nameWord = node.name;
    if (nameWord === undefined) {
      for (const assignment of own) this.#assign(assignment, state);
      return;
    }
    const here = copyState(state);
    for (const assignment of own) this.#assign(assignment, here);
    const args = node.args.flatMap(each =>
      each.type === "Word"
        ? expandWord(each, state, this.#place)
        : [`${each.name}=${each.value.type === "Word" ? expandText(each.value, state, this.#place) : ""}`],
    );
    const words = [...expandWord(nameWord, state, this.#place), ...args];
    const [name = "", ...rest] = words;
    if (this.#builtIn(name, rest, state, around, node)) return;
    const known = this.#functions.get(name);
    if (known) {
      this.#call(known, rest, state, around);
      return;
    }
    const writes = node.redirects.flatMap(each =>
      each.type === "Redirect" && each.operator.includes(">") ? [expandText(each.target, state, this.#place)] : [],
    );
    this.commands.push({
      words,
      variables: here.variables,
      workingFolder: state.workingFolder,
      writes,
      line: this.#place.lineAt(node.pos),
      condition: around.condition,
    });
  }

  #call(
    known: { body: SyntaxNode; place: ShellPlace; text: string },
    args: readonly string[],
    state: ShellState,
    around: Around,
  ): void {
    const outer = [this.#text, this.#place, state.positional] as const;
    this.#text = known.text;
    this.#place = known.place;
    state.positional = args;
    this.#node(known.body, state, around);
    [this.#text, this.#place, state.positional] = outer;
  }

  #assign(assignment: Assignment, state: ShellState): void {
    const { name, value, append } = assignment;
    const text = value.type === "Word" ? expandText(value, state, this.#place) : "";
    state.variables.set(name, append ? (state.variables.get(name) ?? "") + text : text);
  }

  /** Commands that change what the shell knows. */
  #builtIn(name: string, args: readonly string[], state: ShellState, around: Around, node: Command): boolean {
    switch (name) {
      case "export":
      case "readonly":
      case "local":
      case "declare":
      case "typeset":
        for (const word of args) {
          const at = word.indexOf("=");
          if (at > 0) state.variables.set(word.slice(0, at), word.slice(at + 1));
        }
        return true;
      case "unset":
        for (const word of args) state.variables.delete(word);
        return true;
      case "cd":
      case "pushd":
        state.workingFolder = resolveFolder(state.workingFolder, args.find(word => !word.startsWith("-")) ?? "/root");
        return true;
      case "set": {
        const at = args.indexOf("--");
        if (at >= 0) state.positional = args.slice(at + 1);
        return true;
      }
      case "shift":
        state.positional = state.positional?.slice(Number(args[0] ?? 1)) ?? null;
        return true;
      case "read": {
        const line = this.#place.lineAt(node.pos);
        for (const word of args.filter(each => /^[A-Za-z_]\w*$/.test(each))) {
          const unknown = { name: `$${word}`, line, give: `--param ${word}=VALUE` };
          state.variables.set(word, this.#place.outside(word) ?? this.#options.unknowns.mark(unknown));
        }
        return true;
      }
      case "eval":
        this.#read(args.join(" "), state, this.#place.lineAt(node.pos), around);
        return true;
      default:
        return false;
    }
  }
}
