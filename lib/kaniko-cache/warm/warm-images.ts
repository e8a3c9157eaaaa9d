/**
 * Runs Kaniko's warmer, a program of its own beside the executor: it fetches base images into a folder that builds are then
 * given as their base image cache. In come names of images, out goes what the folder has of each; drivers run it as they
 * run the executor.
 */

import { lstatSync, readdirSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { baseImagesPath, registryFlags } from "../../build/executor-request.ts";
import type { ExecutorDriver, ExecutorSource, Mount } from "../../executor/port.ts";
import { isLoopback } from "../../registry/loopback.ts";
import { parseReference } from "../../registry/reference.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { removeFolder } from "../../store/remove-folder.ts";
import { storeError } from "../../store/store-error.ts";
import { temporaryName } from "../../store/temporary-name.ts";
import type { BaseImageEntry } from "../cache-entry.ts";
import { parseEntryName } from "../entry-names.ts";
import { listFolder } from "../list-folder.ts";
import { layoutBytes } from "../read-layout-entry.ts";
import { readWarmerLine, warmerFailed, warmerLogFlags } from "./warmer-log.ts";

export interface WarmRequest {
  readonly images: readonly string[];
  /** Where they are kept; made when needed. */
  readonly folder: string;
  readonly source: ExecutorSource;
  readonly driver: ExecutorDriver;
  readonly cache: CacheFolder;
  /** Fetch also what is there already, such as what has expired: the warmer leaves that as it is, and builds do not take it. */
  readonly force: boolean;
  /** `os/arch[/variant]`; null: that of this machine. */
  readonly platform: string | null;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly registryMaps: readonly string[];
  readonly dockerConfigFile: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, doneBytes: number | null, totalBytes: number | null) => void;
}

export interface WarmResult {
  /** All images of the folder now. */
  readonly entries: readonly BaseImageEntry[];
  /** Those of them that this run brought, or fetched anew. */
  readonly fetched: readonly BaseImageEntry[];
  /** What the warmer said of images that it could not fetch. It ends well as long as one of them was. */
  readonly failures: readonly string[];
}

/** @throws LabError `usage` for what is no image name or no registry map, `build-failed` when no image could be fetched, and as `ExecutorDriver.run` */
export async function warmImages(request: WarmRequest): Promise<WarmResult> {
  const { folder, driver, cache } = request;
  const registries = request.images.map(image => parseReference(image).registry);
  // Refuses what the warmer would not: before anything is made.
  const args = warmerArgs(request);
  const driverFolder = cache.driver(driver.name);
  try {
    await mkdir(folder, { recursive: true });
    await mkdir(driverFolder, { recursive: true });
  } catch (error) {
    throw storeError(error, folder);
  }
  const before = new Map((await entriesOf(request)).map(entry => [entry.digest, entry.createdAt]));
  const runInto = (into: string) =>
    run({ ...request, folder: into }, args, driverFolder, registries.filter(isLoopback));
  const failures = request.force ? await replacing(folder, runInto) : await runInto(folder);
  const entries = await entriesOf(request);
  return { entries, fetched: entries.filter(entry => before.get(entry.digest) !== entry.createdAt), failures };
}

/**
 * The fork's warmer keeps what is there even with its `--force`, when it has its lock (v1.28, on by default): so it gets an
 * empty folder, and what it puts there takes the place of the old.
 */
async function replacing(folder: string, runInto: (folder: string) => Promise<string[]>): Promise<string[]> {
  const fresh = join(folder, temporaryName());
  const old = join(folder, temporaryName());
  try {
    for (const made of [fresh, old]) await mkdir(made);
    const failures = await runInto(fresh);
    for (const name of readdirSync(fresh)) {
      if (parseEntryName(name) === null) continue;
      const place = join(folder, name);
      if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) await rename(place, join(old, name));
      await rename(join(fresh, name), place);
    }
    return failures;
  } finally {
    for (const made of [fresh, old]) await removeFolder(made);
  }
}

async function entriesOf({ folder, signal }: WarmRequest): Promise<readonly BaseImageEntry[]> {
  return (await listFolder({ folder, prefix: null }, { signal })).baseImages;
}

async function run(
  request: WarmRequest,
  args: readonly string[],
  driverFolder: string,
  loopback: readonly string[],
): Promise<string[]> {
  const { source, driver, dockerConfigFile, signal } = request;
  const failures: string[] = [];
  const said: string[] = [];
  const outputs = driver.run(
    {
      source,
      args,
      mounts: warmerMounts(request),
      env: {},
      debugPort: null,
      dockerConfigFile,
      insecureRegistries: [...request.insecureRegistries, ...loopback],
      driverFolder,
    },
    signal,
  );
  const watch = setInterval(() => request.onProgress("fetching", unfinishedBytes(request.folder), null), watchMs);
  try {
    for await (const output of outputs) {
      if (output.type === "preparing") request.onProgress(output.what, output.doneBytes, output.totalBytes);
      else if (output.type === "line")
        said.push(readWarmerLine(output.text, failures, what => request.onProgress(what, null, null)));
      else if (output.type === "exit" && output.code !== 0) throw warmerFailed(failures, said);
      said.splice(0, said.length - maxLines);
    }
  } finally {
    clearInterval(watch);
  }
  return failures;
}

const watchMs = 500;
const maxLines = 100;

/** The warmer tells nothing while it fetches, but writes under another name until it is done. */
function unfinishedBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(".") || parseEntryName(name) !== null) continue;
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined) bytes += found.isDirectory() ? layoutBytes(path) : found.size;
  }
  return bytes;
}

function warmerArgs(request: WarmRequest): string[] {
  return [
    ...["--cache-dir", baseImagesPath, ...warmerLogFlags],
    ...request.images.flatMap(image => ["--image", image]),
    ...(request.platform === null ? [] : ["--customPlatform", request.platform]),
    ...registryFlags(request),
  ];
}

function warmerMounts({ folder, dockerConfigFile }: WarmRequest): Mount[] {
  const mounts: Mount[] = [{ hostPath: resolve(folder), path: baseImagesPath, readOnly: false }];
  if (dockerConfigFile !== null)
    mounts.push({ hostPath: resolve(dockerConfigFile), path: "/kaniko/.docker/config.json", readOnly: true });
  return mounts;
}
