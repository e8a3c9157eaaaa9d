/** Takes builds from a recording into the cache folder. The file is hostile input: only known names, sizes bounded, digests checked. */

import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { LabError, messageOf } from "../error.ts";
import { writeIndexFile } from "../layer/index-file.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import { adoptLayer } from "../store/blob-store.ts";
import { BuildStore, parseRecord } from "../store/build-store.ts";
import { type CacheFolder, parseLayerFileName } from "../store/cache-folder.ts";
import { storeError } from "../store/store-error.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { recordedFiles } from "./export-builds.ts";
import { readListing } from "./listing.ts";

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
}

const largestDocumentBytes = 512 * 1024 * 1024;
/** Of all of them together. */
const largestDocumentsBytes = 4 * 1024 * 1024 * 1024;
const largestLayerBytes = 16 * 1024 * 1024 * 1024;
const largestEntryCount = 100_000;

/** @returns the ids of the builds, oldest first. @throws LabError `damaged`, `too-large`, `digest-mismatch`, `disk-full`, `cache-not-writable` */
export async function importBuilds(cache: CacheFolder, file: string, options: ImportOptions = {}): Promise<string[]> {
  await cache.create();
  const staging = join(cache.scratch, temporaryName());
  try {
    await mkdir(staging, { recursive: true });
    await unpack(cache, file, staging, options);
    return await adoptBuilds(cache, staging, file);
  } catch (error) {
    throw importError(error, file);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function unpack(cache: CacheFolder, file: string, staging: string, options: ImportOptions): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(file), createGunzip(), entries, { signal: options.signal });
  // The loop below reports what is wrong with an entry, `reading` what is wrong with the file.
  reading.catch(() => undefined);
  let count = 0;
  let documentBytes = 0;
  for await (const entry of entries) {
    count += 1;
    if (count > largestEntryCount)
      throw new LabError("too-large", `${file} has more than ${largestEntryCount} entries`);
    if (!entry.header.name.startsWith("layers/")) documentBytes += entry.header.size ?? 0;
    if (documentBytes > largestDocumentsBytes)
      throw new LabError("too-large", `${file} holds more than ${largestDocumentsBytes} bytes beside its layers`);
    await takeEntry(cache, staging, entry.header.name, entry.header.size ?? 0, entry as unknown as Readable);
  }
  await reading;
}

async function takeEntry(
  cache: CacheFolder,
  staging: string,
  name: string,
  sizeBytes: number,
  content: Readable,
): Promise<void> {
  const buildFile = /^builds\/(\d{8}-\d{6}-[a-z0-9]{4})\/([A-Za-z.]+)$/.exec(name);
  const layer = name.startsWith("layers/") ? parseLayerFileName(name.slice("layers/".length)) : null;
  const listing = /^listings\/([0-9a-f]{64})\.ndjson$/.exec(name);
  if (sizeBytes > (layer ? largestLayerBytes : largestDocumentBytes))
    throw new LabError("too-large", `${name} has ${sizeBytes} bytes`);
  if (buildFile && isRecordedFile(buildFile[2] as string))
    await save(content, join(staging, buildFile[1] as string, buildFile[2] as string));
  else if (layer) await takeLayer(cache, staging, layer, content);
  else if (listing) await takeListing(cache, digestOfHex(listing[1] as string), content, name);
  else content.resume();
}

function isRecordedFile(name: string): boolean {
  return name === "build.json" || (recordedFiles as readonly string[]).includes(name);
}

async function save(content: Readable, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await pipeline(content, createWriteStream(file));
}

async function takeLayer(cache: CacheFolder, staging: string, digest: Digest, content: Readable): Promise<void> {
  if (cache.findLayer(digest) !== null) {
    content.resume();
    return;
  }
  const file = join(staging, "layer");
  await save(content, file);
  await adoptLayer(cache, file, digest, { mode: "move" });
}

async function takeListing(cache: CacheFolder, digest: Digest, content: Readable, where: string): Promise<void> {
  const index = await readListing(createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY }), where);
  if (index.digest !== digest) throw new LabError("damaged", `${where} is the listing of another layer`);
  await writeIndexFile(cache.listingFile(digest), index);
}

async function adoptBuilds(cache: CacheFolder, staging: string, file: string): Promise<string[]> {
  const ids = (await readdir(staging)).filter(name => name !== "layer").sort();
  if (ids.length === 0)
    throw new LabError("damaged", `${file} holds no build`, { hint: "recordings are made with: kaniko-lab export" });
  // All or none: a record that cannot be read is told before the first build is taken.
  for (const id of ids) await checkRecord(join(staging, id, "build.json"), id, file);
  const store = new BuildStore(cache);
  for (const id of ids) await store.adopt(join(staging, id), id);
  return ids;
}

async function checkRecord(record: string, id: string, file: string): Promise<void> {
  const where = `${file}: builds/${id}/build.json`;
  const text = await readFile(record, "utf8").catch(error => {
    throw new LabError("damaged", `${where} is missing`, { cause: error });
  });
  try {
    parseRecord(text, where, id);
  } catch (error) {
    // The hint would be to remove a folder.
    throw error instanceof LabError ? new LabError(error.code, error.message, { cause: error.cause }) : error;
  }
}

function importError(error: unknown, file: string): unknown {
  if (error instanceof LabError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" && (error as NodeJS.ErrnoException).path === file) {
    return new LabError("unknown-target", `there is no file ${file}`);
  }
  if (code === "EISDIR") {
    return new LabError("damaged", `${file} is a folder`, {
      hint: "recordings are files, made with: kaniko-lab export",
    });
  }
  if (code.startsWith("Z_") || code === "ERR_STREAM_PREMATURE_CLOSE" || /tar/i.test(messageOf(error))) {
    return new LabError("damaged", `${file} is not a recording, or is cut off: ${messageOf(error)}`, {
      hint: "recordings are made with: kaniko-lab export",
      cause: error,
    });
  }
  return storeError(error, file);
}
