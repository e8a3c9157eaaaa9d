/** Takes builds from a recording into the cache folder. The file is hostile input: only known names, sizes bounded, digests checked. */

import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
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
import { checkFreeSpace } from "../store/free-space.ts";
import { storeError } from "../store/store-error.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { recordedFiles } from "./export-builds.ts";
import { jsonLines } from "./lines.ts";
import { readListing } from "./listing.ts";

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a recording may be at most. @defaultValue `defaultImportLimits` */
  readonly limits?: Partial<ImportLimits> | undefined;
}

export interface ImportLimits {
  readonly entries: number;
  /** One record, log, Dockerfile or listing. */
  readonly documentBytes: number;
  /** All of them together. */
  readonly documentsBytes: number;
  readonly layerBytes: number;
  /** All layers together, also those that are here already. */
  readonly layersBytes: number;
  /** One line of a listing, which is one entry of its layer. */
  readonly lineBytes: number;
}

const gibibyte = 2 ** 30;

export const defaultImportLimits: ImportLimits = {
  entries: 100_000,
  documentBytes: gibibyte / 2,
  documentsBytes: 4 * gibibyte,
  layerBytes: 16 * gibibyte,
  layersBytes: 64 * gibibyte,
  lineBytes: 8 * 2 ** 20,
};

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
  const limits = { ...defaultImportLimits, ...options.limits };
  const check = totalsCheck(file, limits);
  for await (const entry of entries) {
    const { name, size = 0 } = entry.header;
    check(name, size ?? 0);
    await takeEntry({ cache, staging, limits }, name, size ?? 0, entry as unknown as Readable);
  }
  await reading;
}

/** Told each entry before its content is read. */
function totalsCheck(file: string, limits: ImportLimits): (name: string, sizeBytes: number) => void {
  let count = 0;
  let layersBytes = 0;
  let documentsBytes = 0;
  return (name, sizeBytes) => {
    count += 1;
    if (name.startsWith("layers/")) layersBytes += sizeBytes;
    else documentsBytes += sizeBytes;
    if (count > limits.entries) throw new LabError("too-large", `${file} has more than ${limits.entries} entries`);
    if (documentsBytes > limits.documentsBytes)
      throw new LabError("too-large", `${file} holds more than ${limits.documentsBytes} bytes beside its layers`);
    if (layersBytes > limits.layersBytes)
      throw new LabError("too-large", `${file} holds layers of more than ${limits.layersBytes} bytes`);
  };
}

interface Import {
  readonly cache: CacheFolder;
  readonly staging: string;
  readonly limits: ImportLimits;
}

/** Begins to read at once: the content of an archive that is cut off ends meanwhile, and who comes later waits for ever. */
async function takeEntry(to: Import, name: string, sizeBytes: number, content: Readable): Promise<void> {
  const { cache, staging, limits } = to;
  const buildFile = /^builds\/(\d{8}-\d{6}-[a-z0-9]{4})\/([A-Za-z.]+)$/.exec(name);
  const layer = name.startsWith("layers/") ? parseLayerFileName(name.slice("layers/".length)) : null;
  const listing = /^listings\/([0-9a-f]{64})\.ndjson$/.exec(name);
  if (sizeBytes > (layer ? limits.layerBytes : limits.documentBytes))
    throw new LabError("too-large", `${name} has ${sizeBytes} bytes`);
  const isKept = layer !== null && cache.findLayer(layer) !== null;
  if (!isKept) checkFreeSpace(staging, sizeBytes, name, freeSomeSpace);
  if (buildFile && isRecordedFile(buildFile[2] as string))
    await save(content, join(staging, buildFile[1] as string, buildFile[2] as string));
  else if (layer && !isKept) await takeLayer(cache, staging, layer, content);
  else if (listing) await takeListing(to, digestOfHex(listing[1] as string), content, name);
  else content.resume();
}

const freeSomeSpace = "free some space, or choose another folder with --cache-dir";

function isRecordedFile(name: string): boolean {
  return name === "build.json" || (recordedFiles as readonly string[]).includes(name);
}

async function save(content: Readable, file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(content, createWriteStream(file));
}

async function takeLayer(cache: CacheFolder, staging: string, digest: Digest, content: Readable): Promise<void> {
  const file = join(staging, "layer");
  await save(content, file);
  await adoptLayer(cache, file, digest, { mode: "move" });
}

async function takeListing({ cache, limits }: Import, digest: Digest, content: Readable, where: string): Promise<void> {
  const index = await readListing(jsonLines(content, limits.lineBytes, where), where);
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
  if (
    code.startsWith("Z_") ||
    code === "ERR_STREAM_PREMATURE_CLOSE" ||
    /tar|Unexpected end of data/i.test(messageOf(error))
  ) {
    return new LabError("damaged", `${file} is not a recording, or is cut off: ${messageOf(error)}`, {
      hint: "recordings are made with: kaniko-lab export",
      cause: error,
    });
  }
  return storeError(error, file);
}
