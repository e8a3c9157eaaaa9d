/** A lesson's checks on one build: what was looked at, what was found, what is still missing, and how to see it oneself. */

import type { LessonBuild } from "./lesson-build.ts";
import type { LessonCheck, LessonFile } from "./lesson-file.ts";
import { type Measured, measure, NotMeasurable } from "./measures.ts";

export interface CheckResult {
  /** What is wanted. */
  readonly says: string;
  readonly passed: boolean;
  readonly looked: string;
  /** Null when it could not be found out. */
  readonly found: string | number | null;
  /** `0`, `not 3`, `at most 2`. */
  readonly wanted: string;
  /** What is to be done; "" when it passed. */
  readonly missing: string;
  /** The line that shows the same, without the program's name. */
  readonly see: string;
}

export async function checkBuild(lesson: LessonFile, build: LessonBuild): Promise<CheckResult[]> {
  if (build.record.status !== "succeeded") return [failedBuild(build)];
  const results: CheckResult[] = [];
  for (const check of lesson.checks) results.push(await resultOf(check, build));
  return results;
}

async function resultOf(check: LessonCheck, build: LessonBuild): Promise<CheckResult> {
  const wanted = wantedWords(check);
  try {
    const measured = await measure(build, check);
    const passed = isWanted(check, measured);
    const { looked, see, value } = measured;
    return { says: check.says, passed, looked, found: value, wanted, missing: passed ? "" : check.otherwise, see };
  } catch (error) {
    if (!(error instanceof NotMeasurable)) throw error;
    const { message, see } = error;
    return { says: check.says, passed: false, looked: message, found: null, wanted, missing: check.otherwise, see };
  }
}

function failedBuild({ record }: LessonBuild): CheckResult {
  return {
    says: "the build ends well",
    passed: false,
    looked: "how the latest build of your folder ended",
    found: record.status,
    wanted: "succeeded",
    missing: record.failure?.message ?? "Build once more.",
    see: `replay ${record.id} --speed 0`,
  };
}

function isWanted({ is, not, atLeast, atMost }: LessonCheck, { value }: Measured): boolean {
  if (is !== undefined && String(value) !== is) return false;
  if (not !== undefined && String(value) === not) return false;
  if (atLeast !== undefined && !(Number(value) >= atLeast)) return false;
  return atMost === undefined || Number(value) <= atMost;
}

function wantedWords({ is, not, atLeast, atMost }: LessonCheck): string {
  const words = [
    is === undefined ? "" : is,
    not === undefined ? "" : `not ${not}`,
    atLeast === undefined ? "" : `at least ${atLeast}`,
    atMost === undefined ? "" : `at most ${atMost}`,
  ];
  return words.filter(word => word !== "").join(", ");
}
