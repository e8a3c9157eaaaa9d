/** The recordings of real builds that come with the program: of the sample, and of each lesson. */

import { existsSync } from "node:fs";
import { readCourse, recordingFile } from "../../lib/lessons/course.ts";
import { recordedName } from "../../lib/lessons/recorded-builds.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { recordsIn } from "../../lib/recording/recorded-names.ts";
import { packageFile } from "../package-root.ts";
import { shippedCourse } from "./lesson-place.ts";

export interface ShippedBuild {
  readonly record: BuildRecord;
  readonly name: string;
  /** The recording that it is in, to be imported. */
  readonly file: string;
  readonly says: string;
}

/** A thin recording of two real builds of the sample, the second after an edit. */
export const sampleRecording = packageFile("workspace", "greeter.klab");

export async function shippedBuilds(): Promise<ShippedBuild[]> {
  const sample = await buildsIn(sampleRecording, name =>
    name === "greeter" ? "the sample of kaniko-lab start" : "the sample once more, after an edit",
  );
  const lessons = (await readCourse(shippedCourse())).filter(lesson => existsSync(recordingFile(lesson)));
  const ofLessons = lessons.map(lesson => {
    const says = new Map(lesson.walk.map(step => [recordedName(lesson, step.name), step.says]));
    return buildsIn(recordingFile(lesson), name => `${lesson.title}: ${says.get(name) ?? ""}`);
  });
  return [...sample, ...(await Promise.all(ofLessons)).flat()];
}

async function buildsIn(file: string, says: (name: string) => string): Promise<ShippedBuild[]> {
  const records = await recordsIn(file);
  return records.map(record => ({ record, name: record.name ?? record.id, file, says: says(record.name ?? "") }));
}
