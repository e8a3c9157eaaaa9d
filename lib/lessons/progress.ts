/** How far a learner is: one small file for each lesson in the cache folder, replaced as a whole. */

import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod/mini";
import { errnoOf } from "../error.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { storeError } from "../store/store-error.ts";

const shape = z.object({
  schemaVersion: z.literal(1),
  /** The learner's copy; null before there is one. */
  folder: z.nullable(z.string()),
  /** The base image that was chosen for it; "": that of the lesson. */
  base: z.string(),
  /** ISO 8601. */
  startedAt: z.nullable(z.string()),
  /** When the checks passed, and on which build of the learner's. */
  done: z.nullable(z.object({ build: z.string(), at: z.string() })),
  /** The checks were seen to pass on the recorded builds. */
  seen: z.boolean(),
  answer: z.nullable(z.object({ given: z.string(), isRight: z.boolean() })),
  hints: z.int().check(z.gte(0)),
});

export type LessonProgress = z.infer<typeof shape>;

export const noProgressYet: LessonProgress = {
  schemaVersion: 1,
  folder: null,
  base: "",
  startedAt: null,
  done: null,
  seen: false,
  answer: null,
  hints: 0,
};

/** In one word, for lists. */
export function progressWord({ done, seen, folder }: LessonProgress): "done" | "seen" | "started" | "" {
  return done !== null ? "done" : seen ? "seen" : folder !== null ? "started" : "";
}

export class ProgressStore {
  readonly #folder: string;

  /** @param course its name: each course has its own progress. */
  constructor(cache: CacheFolder, course: string) {
    this.#folder = join(cache.root, "lessons", course);
  }

  /** What cannot be read counts as nothing: a learner begins again rather than being stuck. */
  async read(lesson: string): Promise<LessonProgress> {
    try {
      const known = shape.safeParse(JSON.parse(await readFile(this.#file(lesson), "utf8")));
      return known.success ? known.data : noProgressYet;
    } catch (error) {
      if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
      return noProgressYet;
    }
  }

  /** @throws LabError `cache-not-writable`, `disk-full` */
  async write(lesson: string, progress: LessonProgress): Promise<void> {
    const file = this.#file(lesson);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomic(file, `${JSON.stringify(progress, null, 1)}\n`);
    } catch (error) {
      throw storeError(error, file);
    }
  }

  async change(lesson: string, change: Partial<LessonProgress>): Promise<LessonProgress> {
    const progress = { ...(await this.read(lesson)), ...change };
    await this.write(lesson, progress);
    return progress;
  }

  async forget(lesson: string): Promise<void> {
    await rm(this.#file(lesson), { force: true });
  }

  #file(lesson: string): string {
    return join(this.#folder, `${lesson}.json`);
  }
}
