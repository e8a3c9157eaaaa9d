/** Whether a course is whole: its files, and whether the checks say of its recorded builds what the walk says of them. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { LabError } from "../error.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { checkAnswer } from "./answer.ts";
import { checkBuild } from "./check-build.ts";
import { contextFolder, type Lesson, lessonNames, readLesson, recordingFile } from "./course.ts";
import { type LessonBuild, lessonBuild } from "./lesson-build.ts";
import { NotMeasurable } from "./measures.ts";
import { recordedBuilds, recordedName } from "./recorded-builds.ts";

export interface CourseProblem {
  readonly lesson: string;
  readonly message: string;
}

export interface CourseReport {
  readonly lessons: readonly string[];
  /** Recorded builds that were checked. */
  readonly builds: number;
  readonly problems: readonly CourseProblem[];
  /** Lessons for a cluster that come without recorded builds: not every teacher has one. */
  readonly unrecorded: readonly string[];
}

export interface CoursePlace {
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly progress: ProgressOptions;
}

/** @throws LabError `not-found` when the folder holds no lessons */
export async function checkCourse(course: string, place: CoursePlace): Promise<CourseReport> {
  const lessons = await lessonNames(course);
  const problems: CourseProblem[] = [];
  const unrecorded: string[] = [];
  let builds = 0;
  for (const name of lessons) {
    const tell = (message: string) => problems.push({ lesson: name, message });
    try {
      const lesson = await readLesson(course, name);
      await checkFiles(lesson, tell);
      if (lesson.needs === "cluster" && !existsSync(recordingFile(lesson))) unrecorded.push(name);
      else builds += await checkRecording(lesson, place, tell);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      tell(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
    }
  }
  for (const [at, name] of lessons.entries())
    if (lessons[at - 1]?.slice(0, 2) === name.slice(0, 2))
      problems.push({ lesson: name, message: `two lessons have the number ${name.slice(0, 2)}` });
  return { lessons, builds, problems, unrecorded };
}

type Tell = (message: string) => void;

async function checkFiles(lesson: Lesson, tell: Tell): Promise<void> {
  const dockerfile = join(contextFolder(lesson), "Dockerfile");
  if (!existsSync(dockerfile)) tell("there is no context/Dockerfile");
  else parseDockerfile(await readFile(dockerfile, "utf8"));
  const folders = await readdir(join(lesson.folder, "walk")).catch(() => []);
  const names = lesson.walk.map(({ name }) => name);
  for (const folder of folders) if (!names.includes(folder)) tell(`walk/${folder} is of no build of the walk`);
}

/** @returns how many recorded builds there are. */
async function checkRecording(lesson: Lesson, place: CoursePlace, tell: Tell): Promise<number> {
  if (!existsSync(recordingFile(lesson))) {
    tell("there is no recording.klab: node scripts/record-lessons.mjs makes it");
    return 0;
  }
  const records = await recordedBuilds(place.cache, lesson, place.progress.signal);
  for (const step of lesson.walk) {
    const name = recordedName(lesson, step.name);
    const at = records.findIndex(record => record.name === name);
    const build = lessonBuild(records.slice(0, at + 1), { ...place, isRecorded: true });
    if (build === null) tell(`the recording has no build ${name}`);
    else await checkWalked(lesson, step, build, tell);
  }
  return records.length;
}

async function checkWalked(
  lesson: Lesson,
  step: Lesson["walk"][number],
  build: LessonBuild,
  tell: Tell,
): Promise<void> {
  const failing = (await checkBuild(lesson, build)).filter(({ passed }) => !passed);
  const [first] = failing;
  if (step.passes && first)
    tell(`${step.name} should pass: ${first.says}: found ${first.found}, wanted ${first.wanted}`);
  if (!step.passes && !first) tell(`${step.name} should not pass, and every check does`);
  const asked = lesson.question.build ?? lesson.walk[0]?.name;
  if (lesson.question.answer === undefined || step.name !== asked) return;
  try {
    await checkAnswer(lesson.question, "", build);
  } catch (error) {
    if (!(error instanceof NotMeasurable)) throw error;
    tell(`the question cannot be answered for ${step.name}: ${error.message}`);
  }
}
