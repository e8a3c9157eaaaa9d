import { existsSync } from "node:fs";
import { lessonNames, recordingFile } from "../../lib/lessons/course.ts";
import { recordedName } from "../../lib/lessons/recorded-builds.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { lessonPage } from "../display/lesson.ts";
import { courseFolder, type LessonArgs, openLesson, ownBuilds, withLesson } from "./lesson-place.ts";

export const command: Command = {
  examples: [["$0 lesson show 3", "or shorter: kaniko-lab lesson 3"]],
  options: withLesson,
  async run(context, args: LessonArgs) {
    return showLesson(context, args);
  },
};

/** The page of a lesson. @param more lines below it, for people. */
export async function showLesson(context: CliContext, args: LessonArgs, more: readonly string[] = []): Promise<number> {
  const { output } = context;
  const { lesson, progress, lines } = await openLesson(context, args);
  const own = await ownBuilds(context, progress);
  const isRecorded = existsSync(recordingFile(lesson));
  if (output.json) {
    const { checks, walk, ...text } = lesson;
    output.document({ lesson: text, progress, builds: own.map(({ id }) => id), isRecorded });
    return 0;
  }
  const walked = lesson.walk.map(step => recordedName(lesson, step.name));
  const builds =
    progress.folder === null && isRecorded
      ? { build: walked[0] as string, before: walked[0] as string }
      : { build: own.at(-1)?.id ?? "latest", before: own.at(-2)?.id ?? "previous" };
  const of = (await lessonNames(courseFolder(context, args))).length;
  for (const line of lessonPage({ lesson, progress, lines, of, builds }, output)) output.line(line);
  if (progress.folder === null) {
    output.note(`to work on it: ${lines.lesson("start")}`);
    if (isRecorded) output.note(`to look at recorded builds: ${lines.lesson("look")}`);
  }
  for (const line of more) output.note(line);
  return 0;
}
