/** The builds that come with a lesson: real ones, recorded. */

import { existsSync } from "node:fs";
import { LabError } from "../error.ts";
import type { BuildRecord } from "../model/build.ts";
import { importBuilds } from "../recording/import-builds.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { type Lesson, recordingFile } from "./course.ts";

/** How a recorded build of a lesson is called: `03-before`. */
export function recordedName(lesson: Pick<Lesson, "name">, step: string): string {
  return `${lesson.name.slice(0, 2)}-${step}`;
}

/**
 * Takes them into the cache folder, where they are not there yet. In the order of the walk.
 * @throws LabError `not-found` when the lesson comes without a recording, `damaged`
 */
export async function recordedBuilds(
  cache: CacheFolder,
  lesson: Lesson,
  signal: AbortSignal | undefined,
): Promise<BuildRecord[]> {
  const file = recordingFile(lesson);
  if (!existsSync(file)) {
    throw new LabError("not-found", `lesson ${lesson.number} comes without recorded builds`, {
      hint: "build it yourself, or record it with scripts/record-lessons.mjs",
    });
  }
  const ids = await importBuilds(cache, file, { signal });
  const store = new BuildStore(cache);
  const builds = await Promise.all(ids.map(id => store.read(id)));
  const byName = new Map(builds.map(build => [build.name, build]));
  return lesson.walk.flatMap(step => byName.get(recordedName(lesson, step.name)) ?? []);
}
