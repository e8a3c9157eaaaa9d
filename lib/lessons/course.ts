/** A course: a folder with one folder for each lesson, `NN-name/`. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { nameSuggestion } from "../dockerfile/suggest.ts";
import { errnoOf, LabError } from "../error.ts";
import { showText } from "../model/path-text.ts";
import { type LessonFile, parseLessonFile } from "./lesson-file.ts";

export interface Lesson extends LessonFile {
  readonly number: number;
  /** `03-whiteouts` */
  readonly name: string;
  readonly folder: string;
}

export const lessonFileName = "lesson.yaml";

/** What the learner gets a copy of. */
export function contextFolder(lesson: Pick<Lesson, "folder">): string {
  return join(lesson.folder, "context");
}

/** Files that a build of the walk puts over those that are there; need not exist. */
export function walkFolder(lesson: Pick<Lesson, "folder">, build: string): string {
  return join(lesson.folder, "walk", build);
}

/** The builds of the walk, as one recording. */
export function recordingFile(lesson: Pick<Lesson, "folder">): string {
  return join(lesson.folder, "recording.klab");
}

const nameForm = /^(\d{2})-[a-z0-9][a-z0-9-]*$/;

/** Names of the lessons of a course, in order. @throws LabError `not-found` */
export async function lessonNames(course: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(course);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    throw new LabError("not-found", `there is no folder ${showText(course)}`, { cause: error });
  }
  const lessons = names.filter(name => nameForm.test(name) && existsSync(join(course, name, lessonFileName))).sort();
  if (lessons.length > 0) return lessons;
  throw new LabError("not-found", `${showText(course)} has no lessons`, {
    hint: `a lesson is a folder such as 01-layers with a ${lessonFileName} and a folder context`,
  });
}

/** @throws LabError `config-invalid` with file and line */
export async function readLesson(course: string, name: string): Promise<Lesson> {
  const folder = join(course, name);
  const file = join(folder, lessonFileName);
  const content = await readFile(file, "utf8");
  return { ...parseLessonFile(content, file), number: Number(name.slice(0, 2)), name, folder };
}

export async function readCourse(course: string): Promise<Lesson[]> {
  const names = await lessonNames(course);
  return Promise.all(names.map(name => readLesson(course, name)));
}

/** The lesson that a user means: its number, its name, or its name without the number. @throws LabError `not-found` */
export async function findLesson(course: string, word: string): Promise<Lesson> {
  const names = await lessonNames(course);
  const number = /^\d{1,2}$/.test(word) ? word.padStart(2, "0") : null;
  const found = names.find(name =>
    number === null ? name === word || name.slice(3) === word : name.startsWith(`${number}-`),
  );
  if (found !== undefined) return readLesson(course, found);
  const near = nameSuggestion(
    word,
    names.flatMap(name => [name, name.slice(3)]),
  );
  throw new LabError("not-found", `there is no lesson ${showText(word)}${near}`, {
    hint: "kaniko-lab lesson lists them",
  });
}
