/** Which instructions of a build took files from its context, and by what names. Pure. */

import { csvFields } from "../dockerfile/csv.ts";
import type { Dockerfile, Instruction } from "../dockerfile/dockerfile.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Variables } from "../dockerfile/expansion.ts";
import { cleanGoPath } from "../dockerfile/go-path.ts";
import { isHeredocWord } from "../dockerfile/heredoc.ts";
import { parseTriggers } from "../dockerfile/parse.ts";
import { resolveStages } from "../dockerfile/resolve.ts";
import { LabError } from "../error.ts";
import type { Step } from "../model/build.ts";
import { type StageStart, StageVariables } from "./stage-variables.ts";

/** A COPY or ADD from the context, or a `RUN --mount=type=bind` of it. */
export interface ContextReader {
  readonly step: Step;
  readonly kind: "COPY" | "ADD" | "mount";
  /** Variables filled in, clean; patterns are still patterns. */
  readonly sources: readonly string[];
  /** Absolute, with a slash at the end where it was written with one; null for a mount. */
  readonly destination: string | null;
  /** Variables in it of which no value is known: they come from the base image, or from nowhere. */
  readonly unknownVariables: readonly string[];
}

export interface ReaderOptions {
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target: string | null;
  readonly argsFirst: boolean;
  /** What the image of the last stage's chain started from. */
  readonly finalStart: StageStart;
}

const emptyStart: StageStart = { env: new Map(), workdir: "" };

/** In the order of the steps; only of stages that the target needs. @throws as `resolveStages` */
export function contextReaders(
  dockerfile: Dockerfile,
  steps: readonly Step[],
  options: ReaderOptions,
): ContextReader[] {
  const resolved = resolveStages(dockerfile, { buildArgs: options.buildArgs, target: options.target });
  const sources = {
    buildArgs: new Map(Object.entries(options.buildArgs)),
    globalArgs: resolved.variables,
    argsFirst: options.argsFirst,
  };
  const ends = new Map<number, StageStart>();
  const readers: ContextReader[] = [];
  for (const { stage, base, needed } of resolved.stages) {
    if (!needed) continue;
    const ofImage = isBelow(resolved.stages, stage.index, resolved.target);
    const start = base.kind === "stage" ? ends.get(base.index) : ofImage ? options.finalStart : undefined;
    const variables = new StageVariables(start ?? emptyStart, sources);
    const byLine = new Map(stage.instructions.map(instruction => [instruction.line, instruction]));
    for (const step of steps) {
      if (step.stage.index !== stage.index || step.instruction === "FROM") continue;
      const instruction = (step.line === null ? undefined : byLine.get(step.line)) ?? triggerOf(step);
      if (instruction === null) continue;
      readers.push(...readersOf(step, instruction, variables));
      variables.apply(instruction);
    }
    ends.set(stage.index, variables.end);
  }
  return readers;
}

/** Whether the image of stage `top` stands on stage `index`. */
function isBelow(stages: ReturnType<typeof resolveStages>["stages"], index: number, top: number): boolean {
  let at = top;
  while (at !== index) {
    const base = stages[at]?.base;
    if (base?.kind !== "stage") return false;
    at = base.index;
  }
  return true;
}

/** What ONBUILD of the base added has no line of its own. */
export function triggerOf(step: Step): Instruction | null {
  try {
    return parseTriggers([step.text])[0] ?? null;
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}

function readersOf(step: Step, instruction: Instruction, variables: StageVariables): ContextReader[] {
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD")
    return copyReader(step, instruction, instruction.keyword, variables);
  return instruction.keyword === "RUN" ? mountReaders(step, instruction, variables.variables) : [];
}

function copyReader(
  step: Step,
  instruction: Instruction,
  kind: "COPY" | "ADD",
  stage: StageVariables,
): ContextReader[] {
  if (instruction.flags.some(flag => /^--from=./.test(flag))) return [];
  const expand = expander(stage.variables);
  const words = instruction.args.filter(word => instruction.heredocs.length === 0 || !isHeredocWord(word));
  const destination = pathOf(expand.word(words.at(-1) ?? ""));
  const sources = words.slice(0, -1).map(word => pathOf(expand.word(word)));
  const local = sources.filter(source => !isRemote(source));
  if (local.length === 0) return [];
  return [
    {
      step,
      kind,
      sources: local,
      destination: inWorkdir(destination, stage.workdir),
      unknownVariables: expand.unknown,
    },
  ];
}

/** Kaniko mounts from the context only; `from=` another stage is skipped. */
function mountReaders(step: Step, instruction: Instruction, variables: Variables): ContextReader[] {
  const mounts = instruction.flags.filter(flag => flag.startsWith("--mount="));
  return mounts.flatMap((flag): ContextReader[] => {
    const expand = expander(variables);
    const fields = new Map(
      csvFields(flag.slice("--mount=".length), "mount").map(field => {
        const equals = field.indexOf("=");
        const [key, value] = equals < 0 ? [field, ""] : [field.slice(0, equals), field.slice(equals + 1)];
        return [key.toLowerCase(), expand.word(value)] as const;
      }),
    );
    const from = fields.get("from") ?? "";
    if ((fields.get("type") ?? "bind") !== "bind" || (from !== "" && from !== "context")) return [];
    const source = cleanGoPath(fields.get("source") ?? fields.get("src") ?? "/");
    return [{ step, kind: "mount", sources: [source], destination: null, unknownVariables: expand.unknown }];
  });
}

function expander(variables: Variables): { word(text: string): string; readonly unknown: string[] } {
  const unknown: string[] = [];
  return {
    unknown,
    word(text) {
      const expansion = expandWord(text, variables);
      unknown.push(...expansion.unmatched);
      return expansion.text;
    },
  };
}

/** Clean, but a slash at the end stays: it makes a folder of a destination. */
function pathOf(text: string): string {
  if (isRemote(text)) return text;
  const clean = cleanGoPath(text);
  return text.endsWith("/") && !clean.endsWith("/") ? `${clean}/` : clean;
}

function isRemote(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(source) || /^git@/.test(source);
}

/** Mirrors the start of Kaniko's `DestinationFilepath`. */
function inWorkdir(destination: string, workdir: string): string {
  if (destination.startsWith("/")) return destination;
  const joined = cleanGoPath(`${workdir}/${destination}`);
  return /[/.]$/.test(destination) && !joined.endsWith("/") ? `${joined}/` : joined;
}
