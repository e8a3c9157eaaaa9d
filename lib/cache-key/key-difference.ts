/** The first thing in which two keys of one instruction differ. Pure. */

import type { KeyPart, KeyPartKind } from "./key-part.ts";

export interface KeyDifference {
  readonly kind: Exclude<KeyPartKind, "count">;
  /** The variable; else "". */
  readonly name: string;
  /** The path in the context, or of the source in another stage; null for what is no file. */
  readonly path: string | null;
  /** Null for what was not there. Of files the hashes. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Null when the parts are the same: then the keys differ by what came before. */
export function keyDifference(before: readonly KeyPart[], after: readonly KeyPart[]): KeyDifference | null {
  return (
    basesDiffer(before, after) ??
    instructionsDiffer(before, after) ??
    variablesDiffer(before, after) ??
    sourcesDiffer(before, after)
  );
}

function basesDiffer(before: readonly KeyPart[], after: readonly KeyPart[]): KeyDifference | null {
  const [one, other] = [only(before, "base"), only(after, "base")];
  if (one?.value === other?.value) return null;
  return { kind: "base", name: (other ?? one)?.name ?? "", path: null, ...values(one, other) };
}

function instructionsDiffer(before: readonly KeyPart[], after: readonly KeyPart[]): KeyDifference | null {
  const [one, other] = [only(before, "instruction"), only(after, "instruction")];
  if (one?.value === other?.value) return null;
  return { kind: "instruction", name: "", path: null, ...values(one, other) };
}

function variablesDiffer(before: readonly KeyPart[], after: readonly KeyPart[]): KeyDifference | null {
  const isVariable = ({ kind }: KeyPart) => kind === "arg" || kind === "env";
  const [old, found] = [before.filter(isVariable), after.filter(isVariable)];
  const names = new Set([...found, ...old].map(({ name }) => name));
  for (const name of names) {
    const [one, other] = [old, found].map(parts => parts.findLast(part => part.name === name));
    if (one?.value === other?.value) continue;
    const kind = (other ?? one)?.kind === "arg" ? "arg" : "env";
    return { kind, name, path: null, before: variableValue(one), after: variableValue(other) };
  }
  return null;
}

function sourcesDiffer(before: readonly KeyPart[], after: readonly KeyPart[]): KeyDifference | null {
  const isSource = ({ kind }: KeyPart) => kind === "file" || kind === "folder" || kind === "stage";
  const [old, found] = [before.filter(isSource), after.filter(isSource)];
  const named = found.every(({ name }) => name !== "") && old.every(({ name }) => name !== "");
  const isByName = named && old.length !== found.length;
  for (const [at, part] of found.entries()) {
    const one = isByName ? old.find(({ name }) => name === part.name) : old[at];
    if (one?.value !== part.value) return difference(one, part);
  }
  const gone = isByName ? old.find(({ name }) => !found.some(part => part.name === name)) : old[found.length];
  return gone === undefined ? null : difference(gone, undefined);
}

function difference(one: KeyPart | undefined, other: KeyPart | undefined): KeyDifference {
  const { kind, name } = (other ?? one) as KeyPart;
  return { kind: kind as KeyDifference["kind"], name: "", path: name, ...values(one, other) };
}

function only(parts: readonly KeyPart[], kind: KeyPartKind): KeyPart | undefined {
  return parts.find(part => part.kind === kind);
}

function values(one: KeyPart | undefined, other: KeyPart | undefined): Pick<KeyDifference, "before" | "after"> {
  return { before: one?.value ?? null, after: other?.value ?? null };
}

/** Behind the name. */
function variableValue(part: KeyPart | undefined): string | null {
  if (part === undefined) return null;
  const equals = part.value.indexOf("=");
  return equals < 0 ? "" : part.value.slice(equals + 1);
}
