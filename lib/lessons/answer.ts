import type { LessonBuild } from "./lesson-build.ts";
import type { LessonFile } from "./lesson-file.ts";
import { type Measured, measure } from "./measures.ts";

export interface AnswerResult {
  readonly isRight: boolean;
  /** Null where the right answer is fixed. */
  readonly measured: Measured | null;
}

/**
 * Whether an answer is right. Where the lesson measures it, the build decides.
 * @throws NotMeasurable when the build does not have what is asked for
 */
export async function checkAnswer(
  question: LessonFile["question"],
  given: string,
  build: LessonBuild | null,
): Promise<AnswerResult | "needs-build"> {
  if (question.answer === undefined) return { isRight: plain(given) === plain(question.right ?? ""), measured: null };
  if (build === null) return "needs-build";
  const measured = await measure(build, question.answer);
  const value = String(measured.value);
  return { isRight: plain(given) === plain(value), measured };
}

/** `ARG  Version ` is as good as `arg version`; a mode with or without its first 0. */
function plain(text: string): string {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/^step /, "");
  return /^\d+$/.test(words) ? String(Number(words)) : words;
}
