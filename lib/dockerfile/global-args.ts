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
  const forFrom = new Map<string, string>();
  for (const [name, value] of globalArgDefaults(dockerfile, buildArgs, budget)) {
    if (value !== null) forFrom.set(name, value);
  }
  for (const [name, value] of Object.entries(buildArgs)) {
    const used = value.split("=", 1)[0] as string;
    if (used !== "") forFrom.set(name, used);
  }
  return forFrom;
}

/**
 * The ARGs before the first FROM with their own values, null for none: what an `ARG NAME` of a stage falls back to.
 * @throws as `resolveGlobalArgs`
 */
export function globalArgDefaults(
  dockerfile: Dockerfile,
  buildArgs: BuildArgs,
  budget: ExpansionBudget,
): ReadonlyMap<string, string | null> {
  const given = new Map(Object.entries(buildArgs));
  const seen = new Map(given);
  const defaults = new Map<string, string | null>();
  for (const { name, value, line } of dockerfile.globalArgs.flatMap(declared)) {
    const expanded = value === null ? null : atLine(line, () => lexWord(value, seen, { budget }).text);
    if (expanded !== null && !given.has(name)) seen.set(name, expanded);
    defaults.set(name, expanded);
  }
  return defaults;
}

interface Declared {
  readonly name: string;
  readonly value: string | null;
  readonly line: number;
}

function declared({ pairs, line }: Instruction): Declared[] {
  return pairs.map(({ name, value }) => ({
    name,
    value: value === null ? null : atLine(line, () => withoutQuotes(value)),
    line,
  }));
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
