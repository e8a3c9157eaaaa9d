/** Reads what the cache folder keeps of a build and tells of its keys. */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readContextListing } from "../context/read-listing.ts";
import { errnoOf, LabError } from "../error.ts";
import { parseLogLine } from "../executor/log-line.ts";
import { configOf } from "../lab/config-of.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { readError } from "../store/store-error.ts";
import type { KeptBuild } from "./build-view.ts";

/** @throws LabError `cache-unreadable`; what is damaged counts as not kept. */
export async function readKeptBuild(cache: CacheFolder, record: BuildRecord): Promise<KeptBuild> {
  return {
    record,
    dockerfile: await readDockerfile(join(cache.buildFolder(record.id), "Dockerfile")),
    listing: await unlessDamaged(readContextListing(cache, record.id)),
    config: await unlessDamaged(configOf(cache, targetOfBuild(cache, record))),
    features: await readFeatures(join(cache.buildFolder(record.id), "executor.log")),
  };
}

async function readDockerfile(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw readError(error, file);
  }
}

async function unlessDamaged<T>(reading: Promise<T | null>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LabError && (error.code === "damaged" || error.code === "too-large")) return null;
    throw error;
  }
}

/** The executor names them in its very first line. */
const headBytes = 64 * 1024;

async function readFeatures(file: string): Promise<string[] | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(file, { end: headBytes - 1 })) chunks.push(chunk as Buffer);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw readError(error, file);
  }
  for (const line of Buffer.concat(chunks).toString("utf8").split("\n")) {
    const features = featuresOf(line);
    if (features !== null) return features;
  }
  return null;
}

/** The switches that a log line names as being on; null for every other line. */
export function featuresOf(line: string): string[] | null {
  for (const item of parseLogLine(line)) {
    const match = item.kind === "log" ? /^active feature flags: (.*)$/.exec(item.message) : null;
    if (match !== null) return (match[1] as string).split(/[\s,]+/).filter(name => name !== "");
  }
  return null;
}
