import { LabError } from "../../lib/error.ts";
import { checkAnswer } from "../../lib/lessons/answer.ts";
import { lessonBuild } from "../../lib/lessons/lesson-build.ts";
import { NotMeasurable } from "../../lib/lessons/measures.ts";
import { recordedBuilds } from "../../lib/lessons/recorded-builds.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { wrappedLines } from "../display/wrapped-text.ts";
import { type LessonArgs, type OpenedLesson, openLesson, ownBuilds, withLesson } from "./lesson-place.ts";
import { labOf, progressOf } from "./target-options.ts";

interface Args extends LessonArgs {
  readonly words: readonly string[];
  readonly recorded?: boolean;
}

export const command: Command = {
  examples: [
    ["$0 lesson answer 1 4", "a number"],
    ["$0 lesson answer 13 b", "one of the choices"],
  ],
  options: argv =>
    withLesson(argv)
      .positional("words", { type: "string", array: true, demandOption: true, describe: "Your answer" })
      .option("recorded", { type: "boolean", describe: "For the first recorded build, not for one of yours" }),
  async run(context, args: Args) {
    const opened = await openLesson(context, args);
    const { lesson, store } = opened;
    const given = args.words.join(" ");
    const build = await buildToAsk(context, opened, args.recorded ?? false);
    const answered = await checkAnswer(lesson.question, given, build).catch(error => {
      if (!(error instanceof NotMeasurable)) throw error;
      throw new LabError("not-found", `your latest build does not have what is asked for: ${error.message}`, {
        hint: `answer it for the recorded one: ${opened.lines.lesson(`answer ${given} --recorded`)}`,
      });
    });
    if (answered === "needs-build") throw new Error("a build was found, and is needed");
    const { isRight, measured } = answered;
    if (isRight || opened.progress.answer === null) await store.change(lesson.name, { answer: { given, isRight } });
    show(context, opened, { given, isRight, looked: measured?.looked ?? null, isRecorded: build?.isRecorded ?? false });
    return isRight ? 0 : 1;
  },
};

/** The learner's latest build, else the first recorded one, which is of the files as they come. Null when no build is asked. */
async function buildToAsk(context: CliContext, { lesson, progress }: OpenedLesson, recorded: boolean) {
  if (lesson.question.answer === undefined) return null;
  const place = { cache: context.cache, lab: labOf(context), progress: progressOf(context) };
  const own = recorded ? [] : await ownBuilds(context, progress);
  if (own.length > 0) return lessonBuild(own, { ...place, isRecorded: false });
  const walked = await recordedBuilds(context.cache, lesson, context.signal);
  const asked = walked.slice(0, lesson.question.build === null ? 1 : stepCount(lesson.walk, lesson.question.build));
  return lessonBuild(asked, { ...place, isRecorded: true });
}

function stepCount(walk: readonly { readonly name: string }[], name: string): number {
  return walk.findIndex(step => step.name === name) + 1;
}

interface Answer {
  readonly given: string;
  readonly isRight: boolean;
  /** What was looked at in a build; null where none was asked. */
  readonly looked: string | null;
  readonly isRecorded: boolean;
}

function show({ output }: CliContext, { lesson, lines }: OpenedLesson, answer: Answer): void {
  const { given, isRight, looked, isRecorded } = answer;
  if (output.json) {
    output.document({ lesson: { number: lesson.number, name: lesson.name }, ...answer });
    return;
  }
  const of = looked === null ? "" : ` (${isRecorded ? "on the recorded build" : "on your build"}: ${showText(looked)})`;
  const { style } = output;
  const word = isRight ? style.green("right") : style.red("not right");
  for (const line of wrappedLines(`${word}: ${showText(given)}${of}`, output.columns)) output.line(line);
  if (!isRight) {
    output.note(`look again, or take a hint: ${lines.lesson("hint")}`);
    return;
  }
  for (const line of wrappedLines(lesson.question.because, output.columns)) output.line(showText(line));
}
