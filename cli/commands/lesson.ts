import { nameSuggestion } from "../../lib/dockerfile/suggest.ts";
import { LabError } from "../../lib/error.ts";
import { type Lesson, lessonNames, readCourse } from "../../lib/lessons/course.ts";
import { progressWord } from "../../lib/lessons/progress.ts";
import type { Command } from "../command.ts";
import { commandOf } from "../command-table.ts";
import type { CliContext } from "../context.ts";
import { type ListedLesson, lessonTable } from "../display/lesson.ts";
import { programWord } from "../program-word.ts";
import { type CourseArgs, courseFolder, progressStore, withCourse } from "./lesson-place.ts";
import { command as showCommand } from "./lesson-show.ts";

export const command: Command = {
  examples: [
    ["$0 lesson", "all lessons, and how far you are"],
    ["$0 lesson start 1", "take the first one: its text, and a copy of its files in lessons/"],
    ["$0 lesson check 1", "look at what you built there"],
  ],
  commands: [
    {
      usage: "start <lesson>",
      describe: "Copy the lesson's files to work on, and show its text",
      load: () => import("./lesson-start.ts"),
    },
    { usage: "show <lesson>", describe: "Show the text of a lesson", load: async () => ({ command: showCommand }) },
    {
      usage: "check <lesson>",
      describe: "Look at your latest build of the lesson: what is there, what is missing",
      load: () => import("./lesson-check.ts"),
    },
    {
      usage: "answer <lesson> <words..>",
      describe: "Answer its question; where it can, your build says whether that is right",
      load: () => import("./lesson-answer.ts"),
    },
    { usage: "hint <lesson>", describe: "Show one hint more", load: () => import("./lesson-hint.ts") },
    {
      usage: "look <lesson>",
      describe: "Take the recorded builds of the lesson, to look at without building",
      load: () => import("./lesson-look.ts"),
    },
    {
      usage: "reset <lesson>",
      describe: "Begin anew; what you had stays beside it",
      load: () => import("./lesson-reset.ts"),
    },
    {
      usage: "check-course <folder>",
      describe: "Check a course of your own: its files, and its recorded builds",
      load: () => import("./lesson-check-course.ts"),
    },
  ],
  // `command` and `number` are not described here: the commands below would have them in their help.
  options: withCourse,
  async run(context, args: CourseArgs & { command?: string | number }) {
    if (args.command === undefined) return list(context, args);
    const word = String(args.command);
    const names = await lessonNames(courseFolder(context, args));
    if (/^\d{1,2}$/.test(word) || names.some(name => name === word || name.slice(3) === word))
      return showCommand.run(context, { ...args, lesson: word });
    const known = (this.commands ?? []).map(row => commandOf(row.usage));
    throw new LabError("usage", `lesson has no command ${JSON.stringify(word)}${nameSuggestion(word, known)}`, {
      hint: "kaniko-lab lesson --help",
    });
  },
};

async function list(context: CliContext, args: CourseArgs): Promise<number> {
  const { output } = context;
  const store = progressStore(context, args);
  const course = await readCourse(courseFolder(context, args));
  const lessons = await Promise.all(course.map(async lesson => ({ lesson, progress: await store.read(lesson.name) })));
  if (output.json) {
    output.document({ course: courseFolder(context, args), lessons: lessons.map(listedDocument) });
    return 0;
  }
  for (const line of lessonTable(lessons, output)) output.line(line);
  output.note(`\n${noteOf(lessons)}`);
  return 0;
}

function noteOf(lessons: readonly ListedLesson[]): string {
  const next = lessons.find(({ progress }) => progress.done === null)?.lesson;
  const done = lessons.filter(({ progress }) => progress.done !== null).length;
  if (next === undefined) return `all ${lessons.length} lessons are done`;
  return `${done} of ${lessons.length} done; next: ${programWord()} lesson start ${next.number}`;
}

function listedDocument({ lesson, progress }: ListedLesson): object {
  return { ...summary(lesson), state: progressWord(progress) || "new", progress };
}

function summary({ number, name, title, about, needs, hints }: Lesson): object {
  return { number, name, title, about, needs, hints: hints.length };
}
