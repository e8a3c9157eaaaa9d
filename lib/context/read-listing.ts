import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../error.ts";
import { jsonLines } from "../recording/lines.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { readError } from "../store/store-error.ts";
import { type ContextListing, parseListing } from "./context-listing.ts";

export const contextFile = "context.ndjson";

const largestLineBytes = 2 ** 20;

/**
 * The context that a build was given; null when it was not kept: a context that Kaniko fetched itself, or a build of an
 * older version.
 * @throws LabError `damaged`, `too-large`, `cache-unreadable`
 */
export async function readContextListing(cache: CacheFolder, id: string): Promise<ContextListing | null> {
  const file = join(cache.buildFolder(id), contextFile);
  try {
    await stat(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw readError(error, file);
  }
  return parseListing(jsonLines(createReadStream(file), largestLineBytes, file), file);
}
