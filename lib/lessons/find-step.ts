import type { Step } from "../model/build.ts";
import type { LessonBuild } from "./lesson-build.ts";
import { parseStepWords } from "./step-words.ts";

const kinds = { adds: "A", changes: "M", deletes: "D" } as const;

/** The step that a lesson means; of several that do the same to a path the last one. Null when there is none. */
export async function findStepByWords(
  { record, lab, target, progress }: LessonBuild,
  text: string,
): Promise<Step | null> {
  const words = parseStepWords(text);
  if (typeof words === "string") return null;
  if (words.kind === "instruction")
    return record.steps.filter(({ instruction }) => instruction === words.instruction).at(words.which) ?? null;
  const history = await lab.history(target, words.path, progress);
  const found = history.findLast(({ change }) => change.kind === kinds[words.does]);
  return record.steps.find(({ number }) => number === found?.step) ?? null;
}
