/** The learner's copy of a lesson's files: what comes with the program is never edited. */

import { existsSync } from "node:fs";
import { cp, lstat, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { LabError } from "../error.ts";
import { showText } from "../model/path-text.ts";
import { contextFolder, type Lesson, walkFolder } from "./course.ts";

export interface CopyOptions {
  /** Another base image than the one of the Dockerfile; "" keeps that. */
  readonly base: string;
}

/** Copies the lesson's files. @throws LabError `usage` when something is there already */
export async function copyLesson(lesson: Lesson, folder: string, { base }: CopyOptions): Promise<void> {
  if (existsSync(folder) && (await readdir(folder)).length > 0) {
    throw new LabError("usage", `${showText(folder)} is there already`, {
      hint: `go on in it, begin anew with kaniko-lab lesson reset ${lesson.number}, or choose another with --to`,
    });
  }
  if (/\s/.test(base)) throw new LabError("usage", `--base takes the name of an image, not ${JSON.stringify(base)}`);
  await cp(contextFolder(lesson), folder, { recursive: true });
  if (base !== "") await setBase(folder, base);
}

/** Where the copy's Dockerfile says which base is used, whichever way it is then built. */
async function setBase(folder: string, base: string): Promise<void> {
  const file = join(folder, "Dockerfile");
  const text = await readFile(file, "utf8");
  await writeFile(
    file,
    text.replace(/^ARG BASE=.*$/m, () => `ARG BASE=${base}`),
  );
}

/** A file of the folder that was changed (its mode counts, too) after a time; null when there is none. */
export async function changedSince(folder: string, timeMs: number): Promise<string | null> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => !entry.isDirectory());
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    if ((await lstat(file)).ctimeMs > timeMs) return relative(folder, file);
  }
  return null;
}

/** What the learner had stays beside it under another name. @returns that name, or null when there was nothing. */
export async function setAside(folder: string): Promise<string | null> {
  if (!existsSync(folder)) return null;
  for (let number = 1; ; number += 1) {
    const aside = `${folder}.old${number === 1 ? "" : number}`;
    if (existsSync(aside)) continue;
    await rename(folder, aside);
    return aside;
  }
}

/** Makes of a copy what a build of the walk is made of. */
export async function applyWalkStep(lesson: Lesson, name: string, folder: string): Promise<void> {
  const from = walkFolder(lesson, name);
  if (existsSync(from)) await cp(from, folder, { recursive: true, force: true });
}

/** Where a learner's copy is made when nothing else is said. */
export function defaultFolder(workingFolder: string, lesson: Lesson): string {
  return resolve(workingFolder, "lessons", lesson.name);
}
