/** One build of a lesson with all that can be asked of it, and the one before it. */

import type { Lab, ProgressOptions } from "../lab/lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import type { Target } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

export interface LessonBuild {
  readonly record: BuildRecord;
  readonly target: Target;
  readonly before: LessonBuild | null;
  /** It was not built here and now: it comes with the lesson. */
  readonly isRecorded: boolean;
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly progress: ProgressOptions;
}

export interface LessonBuildPlace {
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly progress: ProgressOptions;
  readonly isRecorded: boolean;
}

/** @param records oldest first; the last one is the one that is looked at. */
export function lessonBuild(records: readonly BuildRecord[], place: LessonBuildPlace): LessonBuild | null {
  let build: LessonBuild | null = null;
  for (const record of records.slice(-2))
    build = { ...place, record, target: targetOfBuild(place.cache, record), before: build };
  return build;
}

/** How commands name it. */
export function wordOf({ record }: LessonBuild): string {
  return record.id;
}
