/** What an edited instruction means for its key: a variable with another value, or another text. Pure. */

import { hasSecretName, mask, maskAssignments } from "../build/secrets.ts";
import { triggerOf } from "../context/context-readers.ts";
import type { Step } from "../model/build.ts";
import { type Cause, cause } from "./cause.ts";

/** Of two steps with different texts. */
export function textCauses(before: Step, after: Step): Cause[] {
  const isVariable = after.instruction === "ARG" || after.instruction === "ENV";
  const variables = isVariable && before.instruction === after.instruction ? variableCauses(before, after) : [];
  if (variables.length > 0) return variables;
  const notes = squeezed(before.text) === squeezed(after.text) ? ["only its blanks are others"] : [];
  return [instructionCause(before.text, after.text, notes)];
}

export function instructionCause(before: string | null, after: string | null, notes: readonly string[] = []): Cause {
  const shown = (text: string | null) => (text === null ? null : maskAssignments(text));
  return cause("instruction", { before: shown(before), after: shown(after), notes });
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function variableCauses(before: Step, after: Step): Cause[] {
  const [old, now] = [pairsOf(before), pairsOf(after)];
  const kind = after.instruction === "ARG" ? "arg" : "env";
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names
    .filter(name => old.get(name) !== now.get(name) || old.has(name) !== now.has(name))
    .map(name => variableCause(kind, name, old.get(name) ?? null, now.get(name) ?? null));
}

function pairsOf(step: Step): Map<string, string | null> {
  return new Map(triggerOf(step)?.pairs.map(({ name, value }) => [name, value]) ?? []);
}

export function variableCause(kind: "arg" | "env", name: string, before: string | null, after: string | null): Cause {
  const shown = (value: string | null) => (value !== null && hasSecretName(name) ? mask : value);
  return cause(kind, { name, before: shown(before), after: shown(after) });
}
