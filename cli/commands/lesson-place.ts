/** What the commands of lessons share: the course, the learner's copy, and which builds are looked at. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import type { Argv } from "yargs";
import { settleAbandoned } from "../../lib/build/settle-abandoned.ts";
import { quoteWord } from "../../lib/ci/shell/quote-word.ts";
import { LabError } from "../../lib/error.ts";
import { findLesson, type Lesson } from "../../lib/lessons/course.ts";
import { learnerBuilds } from "../../lib/lessons/learner-builds.ts";
import { type LessonProgress, ProgressStore } from "../../lib/lessons/progress.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { CliContext } from "../context.ts";
import { packageFile } from "../package-root.ts";
import { inProgramWords, programWord } from "../program-word.ts";

export interface CourseArgs {
  readonly course?: string;
}

export interface LessonArgs extends CourseArgs {
  readonly lesson: string;
}

export function withCourse(argv: Argv): Argv {
  return argv.option("course", {
    type: "string",
    requiresArg: true,
    describe: "Folder of a course of your own (default: the one that comes with the program)",
  });
}

export function withLesson(argv: Argv): Argv {
  // A string: yargs would make a number of 03.
  return withCourse(
    argv.positional("lesson", { type: "string", demandOption: true, describe: "Its number, or its name" }),
  );
}

export function shippedCourse(): string {
  return packageFile("workspace", "lessons");
}

export function courseFolder({ workingFolder }: CliContext, { course }: CourseArgs): string {
  return course === undefined ? shippedCourse() : resolve(workingFolder, course);
}

export function progressStore(context: CliContext, args: CourseArgs): ProgressStore {
  const folder = courseFolder(context, args);
  if (folder === shippedCourse()) return new ProgressStore(context.cache, "kaniko");
  // Two courses of one name must not share their progress.
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  return new ProgressStore(context.cache, `${basename(folder).replace(/[^\w.-]/g, "_")}-${hash}`);
}

export interface OpenedLesson {
  readonly lesson: Lesson;
  readonly store: ProgressStore;
  readonly progress: LessonProgress;
  readonly lines: LessonLines;
}

export async function openLesson(context: CliContext, args: LessonArgs): Promise<OpenedLesson> {
  const lesson = await findLesson(courseFolder(context, args), args.lesson);
  const store = progressStore(context, args);
  const progress = await store.read(lesson.name);
  return { lesson, store, progress, lines: new LessonLines(context, args, lesson, progress.folder) };
}

/** @throws LabError `not-found` when the lesson has not been started, or its folder is gone. */
export function startedFolder(lesson: Lesson, { folder }: LessonProgress): string {
  if (folder !== null && existsSync(folder)) return folder;
  const message = folder === null ? `lesson ${lesson.number} is not started yet` : `${showText(folder)} is gone`;
  const way = folder === null ? "start" : "reset";
  throw new LabError("not-found", message, { hint: `kaniko-lab lesson ${way} ${lesson.number}` });
}

/** Oldest first; empty when there are none. */
export async function ownBuilds(context: CliContext, progress: LessonProgress): Promise<BuildRecord[]> {
  if (progress.folder === null) return [];
  await settleAbandoned(context.cache);
  return learnerBuilds(context.cache, progress.folder);
}

/** Lines to copy into a shell. */
export class LessonLines {
  readonly #context: CliContext;
  readonly #course: string;
  readonly #number: number;
  readonly #folder: string;

  constructor(context: CliContext, args: CourseArgs, lesson: Lesson, folder: string | null) {
    this.#context = context;
    this.#course = args.course === undefined ? "" : ` --course ${quoteWord(args.course)}`;
    this.#number = lesson.number;
    this.#folder = folder ?? resolve(context.workingFolder, "lessons", lesson.name);
  }

  /** As it is reached from the working folder. */
  get folder(): string {
    const near = relative(this.#context.workingFolder, this.#folder);
    return quoteWord(near === "" ? "." : near.startsWith("..") ? this.#folder : near);
  }

  /** `kaniko-lab steps latest`, with the cache folder where that was named. */
  line(words: string): string {
    const { cacheWord } = this.#context;
    const cache = cacheWord === undefined ? "" : ` --cache-dir ${quoteWord(cacheWord)}`;
    // What comes after `--` is for Kaniko.
    const [own, flags] = words.split(/ -- (.*)/s);
    return `${programWord()} ${own}${cache}${flags === undefined ? "" : ` -- ${flags}`}`;
  }

  lesson(words: string): string {
    const [command, ...rest] = words.split(" ");
    return this.line(`lesson ${[command, this.#number, ...rest].join(" ")}${this.#course}`);
  }

  /** Fills `{folder}`, `{build}` and `{before}`. */
  fill(text: string, builds: { readonly build: string; readonly before: string }): string {
    return inProgramWords(text)
      .replaceAll("{folder}", this.folder)
      .replaceAll("{build}", builds.build)
      .replaceAll("{before}", builds.before);
  }
}
