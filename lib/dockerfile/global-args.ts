import type { Dockerfile, Instruction } from "./dockerfile.ts";
import type { Variables } from "./expansion.ts";
import type { ExpansionBudget } from "./expansion-budget.ts";
import { lexWord } from "./shell-lexer.ts";
import { atLine, SyntaxFault } from "./syntax-error.ts";

export type BuildArgs = Readonly<Record<string, string>>;

/**
 * The variables that FROM sees: the ARGs before the first FROM, each expanded with the ones before it, overridden by
 * build arguments. Mirrors Kaniko's `stripEnclosingQuotes`, `expandNestedArgs` and `unifyArgs`: an empty build argument
 * does not override the ARG itself, and in FROM only what stands before a second `=` of a build argument counts.
 * Kaniko knows no TARGETPLATFORM and the like here.
 * @throws LabError `dockerfile-syntax`, `too-large`.
 */
export function resolveGlobalArgs(dockerfile: Dockerfile, buildArgs: BuildArgs, budget: ExpansionBudget): Variables {
  const given = new Map(Object.entries(buildArgs));
  const forArgs = new Map(given);
  const forFrom = new Map<string, string>();
  for (const { name, value } of dockerfile.globalArgs.flatMap(instruction => declared(instruction))) {
    const expanded = atLine(value.line, () => lexWord(value.text, forArgs, { budget }).text);
    if (!given.has(name)) forArgs.set(name, expanded);
    forFrom.set(name, expanded);
  }
  for (const [name, value] of given) {
    const used = value.split("=", 1)[0] as string;
    if (used !== "") forFrom.set(name, used);
  }
  return forFrom;
}

interface Declared {
  readonly name: string;
  readonly value: { readonly text: string; readonly line: number };
}

function declared(instruction: Instruction): Declared[] {
  const { line } = instruction;
  return instruction.pairs.flatMap(({ name, value }) =>
    value === null ? [] : [{ name, value: { text: atLine(line, () => withoutQuotes(value)), line } }],
  );
}

/** Quotes around the whole value; escaped ones stay. @throws SyntaxFault when only one end has a quote. */
function withoutQuotes(value: string): string {
  if (value.length < 2) return value;
  const escaped = /^\\['"]/.test(value);
  const leader = /^\\?['"]/.exec(value)?.[0] ?? "";
  const tail = (escaped ? /\\['"]$/ : /['"]$/).exec(value)?.[0] ?? "";
  if (leader !== tail) throw new SyntaxFault("quotes wrapping arg values must be matched");
  return leader.length === 1 ? value.slice(1, -1) : value;
}
