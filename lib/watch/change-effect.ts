/** Which step a change invalidates, and by which file. Pure. */

import type { ForeseenCause, ForeseenStep, Foresight } from "../prediction/foresee.ts";
import type { Changes, PathChange } from "./change.ts";

export interface InvalidatedStep {
  readonly number: number;
  readonly text: string;
  /** What makes its key another one by itself; null where nothing of its own does. */
  readonly cause: ForeseenCause | null;
  /** The changed paths that it was made from, or that its cause is in. */
  readonly files: readonly string[];
  /** The first step before it that is invalidated by itself; null for a step that is so itself. */
  readonly after: number | null;
}

export interface ChangeEffect {
  readonly changes: readonly PathChange[];
  /** Steps with another key than in the build before, in the order of the Dockerfile. */
  readonly invalidated: readonly InvalidatedStep[];
  /** Changed paths that no step takes. */
  readonly unused: readonly string[];
}

/** @param before the prediction before the change: of a file that is gone it tells who took it */
export function effectOf(before: Foresight | null, now: Foresight, changes: Changes): ChangeEffect {
  const all = [...changes.values()];
  const takers = new Map(now.steps.map(step => [step.number, filesOf(step, before, all)]));
  const invalidated: InvalidatedStep[] = [];
  const firstOf = new Map<number, number>();
  for (const step of now.steps) {
    if (!isOther(step, now)) continue;
    const files = takers.get(step.number) ?? [];
    const cause = ownCause(step);
    const { index } = step.stage;
    const after = cause === null && files.length === 0 ? (firstOf.get(index) ?? firstBefore(firstOf, index)) : null;
    if (after === null && !firstOf.has(index)) firstOf.set(index, step.number);
    const told = files.length > 0 || cause === null ? files : filesOfCause(cause, all);
    invalidated.push({ number: step.number, text: step.text, cause, files: told, after });
  }
  const used = new Set([...takers.values(), ...invalidated.map(({ files }) => files)].flat());
  const unused = all.filter(({ path, meaning }) => meaning === "context" && !used.has(path)).map(({ path }) => path);
  return { changes: all, invalidated, unused };
}

/** Its key is not that of the build before, or can no more be known. */
function isOther(step: ForeseenStep, { against }: Foresight): boolean {
  if (against === null || step.instruction === "FROM" || step.result === "off") return false;
  return step.before === null || step.before.key === null || step.before.key !== step.key;
}

function ownCause({ cause }: ForeseenStep): ForeseenCause | null {
  return cause === null || ["step", "expired", "gone"].includes(cause.kind) ? null : cause;
}

/** A stage that copies from one, or starts from one, that is invalidated. */
function firstBefore(firstOf: ReadonlyMap<number, number>, stage: number): number | null {
  const earlier = [...firstOf].filter(([index]) => index < stage).map(([, number]) => number);
  return earlier.length === 0 ? null : Math.min(...earlier);
}

function filesOf(step: ForeseenStep, before: Foresight | null, changes: readonly PathChange[]): string[] {
  const old = before?.steps.find(({ line, stage }) => line === step.line && stage.index === step.stage.index);
  const parts = [...(step.parts ?? []), ...(old?.text === step.text ? (old.parts ?? []) : [])];
  const sources = parts.filter(({ kind }) => kind === "file" || kind === "folder").map(({ name }) => name);
  const isTaken = ({ path, meaning }: PathChange) =>
    (meaning === "context" || sources.includes(path) || sources.includes("")) &&
    sources.some(source => source === "" || path === source || path.startsWith(`${source}/`));
  return [...new Set(changes.filter(isTaken).map(({ path }) => path))];
}

/** The Dockerfile and its like are not copied, but say what is. */
function filesOfCause({ kind }: ForeseenCause, changes: readonly PathChange[]): string[] {
  const meanings: readonly PathChange["meaning"][] =
    kind === "file" || kind === "folder" ? ["rules"] : kind === "stage" ? ["dockerfile"] : ["dockerfile", "settings"];
  return changes.filter(({ meaning }) => meanings.includes(meaning)).map(({ path }) => path);
}

/** What a build was, as far as the next one is compared with it: of each step by its number. */
export type BuiltSteps = ReadonlyMap<number, { readonly text: string; readonly key: string | null }>;

export function builtSteps(steps: readonly { number: number; text: string; key: string | null }[]): BuiltSteps {
  return new Map(steps.map(({ number, text, key }) => [number, { text, key }]));
}

/** Whether another build would make something else, or whether that cannot be told. */
export function differsFrom(built: BuiltSteps | null, { unknown, steps }: Foresight): boolean {
  if (built === null || unknown !== null || steps.length !== built.size) return true;
  return steps.some(({ number, text, key, unknown: why }) => {
    const before = built.get(number);
    return before === undefined || why !== null || before.text !== text || before.key !== key;
  });
}
