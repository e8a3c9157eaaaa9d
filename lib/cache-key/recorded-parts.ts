/** Names the parts of a key that a build has recorded, so that a difference between two builds can be told. Pure. */

import { parseTriggers } from "../dockerfile/parse.ts";
import { LabError } from "../error.ts";
import type { Step } from "../model/build.ts";
import type { KeyPart } from "./key-part.ts";
import { isAddress, sourceWords } from "./source-paths.ts";
import { splitParts } from "./step-parts.ts";

export interface RecordedPartsContext {
  /** Names that an ARG of the Dockerfile declares; other variables count as ENV. */
  readonly argNames: ReadonlySet<string>;
  /** How FROM names the base of the stage. */
  readonly baseName: string;
  /** Paths of the context that the instruction took, in order, where they are known: a listing tells what a wildcard was. */
  readonly sources?: readonly string[] | undefined;
}

/** Null where the log did not tell the parts. */
export function recordedParts(
  step: Pick<Step, "instruction" | "text" | "cache">,
  context: RecordedPartsContext,
): readonly KeyPart[] | null {
  const split = splitParts(step);
  if (split === null || !isInstruction(split.text, step.text)) return null;
  const { base, variables, text, sources } = split;
  const count = variables.size;
  return [
    ...(base === null ? [] : [{ kind: "base", name: context.baseName, value: base } as const]),
    ...(count === 0 ? [] : [{ kind: "count", name: "", value: `|${count}` } as const]),
    ...[...variables].map(([name, value]) => variablePart(name, value, context.argNames)),
    { kind: "instruction", name: "", value: text },
    ...sourceParts(step, sources, context.sources),
  ];
}

/** With `FF_KANIKO_RESOLVE_CACHE_KEY` the text has its length in front and its variables filled in. */
function isInstruction(part: string, text: string): boolean {
  return part === text || part.replace(/^\d+:/, "").startsWith(`${text.split(/\s/, 1)[0]} `);
}

function variablePart(name: string, value: string, argNames: ReadonlySet<string>): KeyPart {
  return { kind: argNames.has(name) ? "arg" : "env", name, value: `${name}=${value}` };
}

function sourceParts(
  { instruction, text }: Pick<Step, "instruction" | "text">,
  hashes: readonly string[],
  known: readonly string[] | undefined,
): KeyPart[] {
  const from = /\s--from=(\S+)/.exec(text)?.[1];
  const words = known ?? (instruction === "RUN" ? [] : wordsOf(text));
  // Ignored sources add no part, wildcards several: names are given only where every hash has one.
  const names = words.length === hashes.length ? words : [];
  return hashes.map((value, at): KeyPart => {
    const name = names[at] ?? "";
    if (from !== undefined) return { kind: "stage", name: `${from}:${name}`, value };
    return { kind: "file", name, value };
  });
}

function wordsOf(text: string): readonly string[] {
  try {
    const instruction = parseTriggers([text])[0];
    if (instruction === undefined || text.includes("$")) return [];
    return sourceWords(instruction, new Map())
      .filter(word => !isAddress(word))
      .map(word => word.replace(/^\/+/, ""));
  } catch (error) {
    if (error instanceof LabError) return [];
    throw error;
  }
}
