/**
 * Which step of one build is which step of another one, also when instructions were inserted, removed, moved or edited.
 * First the longest common subsequence of equal instructions of equally named stages; what lies between is matched by
 * likeness, in order. Pure.
 */

import { diffArrays } from "diff";
import type { Step } from "../model/build.ts";
import {
  editedScore,
  normalizedInstruction,
  similarity,
  type WordedInstruction,
  wordsOf,
} from "./instruction-words.ts";

/** A step of the one, the step of the other that it became; null on the side that has none. Never null on both. */
export interface StepPair<One = Step, Other = Step> {
  readonly one: One | null;
  readonly other: Other | null;
}

/** What a step is told by; planned ones have it, too. */
export type AlignedStep = Pick<Step, "stage" | "instruction" | "text">;

export interface AlignOptions {
  /** The history of an image has no stages: names of stages then count for nothing. */
  readonly ignoreStages: boolean;
}

/** Two wholly different histories of thousands of steps would take minutes: it grows with the square of this. */
const maxEdits = 2000;

/** @returns every step of both once, in an order that both have; within a gap the steps of `one` come first. */
export function alignSteps<One extends AlignedStep, Other extends AlignedStep>(
  one: readonly One[],
  other: readonly Other[],
  options: AlignOptions,
): StepPair<One, Other>[] {
  const keyOf = (step: AlignedStep) =>
    `${options.ignoreStages ? "" : step.stage.name}\n${normalizedInstruction(step.text)}`;
  const parts = diffArrays(one.map(keyOf), other.map(keyOf), { maxEditLength: maxEdits });
  if (parts === undefined) return alignGap(one, other);
  const pairs: StepPair<One, Other>[] = [];
  let [a, b] = [0, 0];
  let [gapA, gapB] = [0, 0];
  const closeGap = () => pairs.push(...alignGap(one.slice(gapA, a), other.slice(gapB, b)));
  for (const { added, removed, value } of parts) {
    if (added) b += value.length;
    else if (removed) a += value.length;
    else {
      closeGap();
      for (let at = 0; at < value.length; at += 1)
        pairs.push({ one: one[a + at] ?? null, other: other[b + at] ?? null });
      a += value.length;
      b += value.length;
      [gapA, gapB] = [a, b];
    }
  }
  closeGap();
  return pairs;
}

/** Larger gaps are not looked into: every step of theirs is its own. */
const maxCells = 4_000_000;

/** Steps without an equal one: those that read alike are pairs, as many and as alike as keep their order. */
function alignGap<One extends AlignedStep, Other extends AlignedStep>(
  one: readonly One[],
  other: readonly Other[],
): StepPair<One, Other>[] {
  const removed = one.map(step => ({ one: step, other: null }));
  const added = other.map(step => ({ one: null, other: step }));
  if (one.length === 0 || other.length === 0 || one.length * other.length > maxCells) return [...removed, ...added];
  const [a, b] = [one.map(words), other.map(words)];
  const best = bestScores(a, b);
  const pairs: StepPair<One, Other>[] = [];
  const columns = b.length + 1;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const here = best[i * columns + j] as number;
    if (here === best[(i + 1) * columns + j]) pairs.push(removed[i++] as StepPair<One, Other>);
    else if (here === best[i * columns + j + 1]) pairs.push(added[j++] as StepPair<One, Other>);
    else pairs.push({ one: one[i++] as One, other: other[j++] as Other });
  }
  return [...pairs, ...removed.slice(i), ...added.slice(j)];
}

function words(step: AlignedStep): WordedInstruction {
  return wordsOf(step.instruction, step.text);
}

/** For each start in both the largest sum of likeness that pairs in order can have. */
function bestScores(a: readonly WordedInstruction[], b: readonly WordedInstruction[]): Float64Array {
  const columns = b.length + 1;
  const best = new Float64Array((a.length + 1) * columns);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const score = similarity(a[i] as WordedInstruction, b[j] as WordedInstruction);
      const paired = score < editedScore ? 0 : score + (best[(i + 1) * columns + j + 1] as number);
      best[i * columns + j] = Math.max(
        paired,
        best[(i + 1) * columns + j] as number,
        best[i * columns + j + 1] as number,
      );
    }
  }
  return best;
}
