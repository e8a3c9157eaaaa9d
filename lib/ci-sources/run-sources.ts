/**
 * Fills a folder as CI fills its `/workspace`: git sources are fetched, containers run with the folder mounted, one after the
 * other. Containers are programs of whoever wrote the CI file: they run by a driver as a build's RUN does, with nothing of
 * this machine but that folder.
 */

import { cp, lstat, mkdir, readdir } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { CiSource } from "../ci/ci-build.ts";
import { errnoOf, LabError } from "../error.ts";
import type { ExecutorDriver } from "../executor/port.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { storeError } from "../store/store-error.ts";
import { fetchGit } from "./fetch-git.ts";

export interface SourcesRequest {
  readonly sources: readonly CiSource[];
  /** Empty, or not there yet. */
  readonly folder: string;
  /** A checkout that stands for the first git source; null: it is fetched. */
  readonly checkout: string | null;
  readonly driver: ExecutorDriver;
  readonly cache: CacheFolder;
  readonly dockerConfigFile: string | null;
  readonly insecureRegistries: readonly string[];
  readonly signal: AbortSignal;
  /** What happens: `fetching https://…`, and what containers print. */
  readonly onProgress: (text: string) => void;
}

/** CI's path of the folder. */
export const workspacePath = "/workspace";

/** @throws LabError `usage`, `context-not-found`, `build-failed` when a container fails, `unsafe`, and as `ExecutorDriver.run` */
export async function runSources(request: SourcesRequest): Promise<void> {
  const { folder, sources } = request;
  for (const source of sources) refuse(source);
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0)
      throw new LabError("usage", `${folder} is not empty`, { hint: "sources are run into a new folder" });
  } catch (error) {
    throw storeError(error, folder);
  }
  let { checkout } = request;
  for (const source of sources) {
    if (source.kind === "git") {
      await fill(source, checkout, request);
      checkout = null;
    } else if (source.kind === "container") await runContainer(source, request);
  }
}

/** Before anything runs. */
function refuse(source: CiSource): void {
  if (source.kind === "other")
    throw new LabError("usage", `the ${source.text} cannot be fetched here`, { hint: "give the files: --context DIR" });
  if (source.kind === "container" && source.unknownEnv.length > 0)
    throw new LabError("usage", `the source ${source.image} needs ${source.unknownEnv.join(", ")}, secrets of CI`, {
      hint: source.unknownEnv.map(name => `--param ${name}=VALUE`).join(" "),
    });
}

async function fill(
  { url, revision, below }: Extract<CiSource, { kind: "git" }>,
  checkout: string | null,
  { folder, signal, onProgress }: SourcesRequest,
): Promise<void> {
  const target = await folderBelow(folder, below);
  if (checkout !== null) {
    onProgress(`copying ${checkout}, which stands for ${url}`);
    await cp(checkout, target, { recursive: true, verbatimSymlinks: true });
    return;
  }
  onProgress(`fetching ${url} at ${revision}`);
  await fetchGit(url, revision, target, signal);
}

/** Makes it, and never goes through a link, which an earlier source can have left. @throws LabError `unsafe` */
async function folderBelow(folder: string, below: string): Promise<string> {
  const target = resolve(folder, below);
  if (target !== folder && !target.startsWith(`${folder}${sep}`))
    throw new LabError("unsafe", `the source's folder ${JSON.stringify(below)} leads out of ${workspacePath}`);
  let at = folder;
  for (const name of target.slice(folder.length).split(sep).filter(Boolean)) {
    at = join(at, name);
    const found = await lstat(at).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return null;
      throw error;
    });
    if (found === null) await mkdir(at);
    else if (!found.isDirectory())
      throw new LabError("unsafe", `${at} is no folder: a source put something else there`);
  }
  return target;
}

/** Lines of a failed container that are told. */
const mostLines = 20;

async function runContainer(source: Extract<CiSource, { kind: "container" }>, request: SourcesRequest): Promise<void> {
  const { driver, cache, folder, dockerConfigFile, insecureRegistries, signal, onProgress } = request;
  const driverFolder = cache.driver(driver.name);
  await mkdir(driverFolder, { recursive: true });
  const said: string[] = [];
  const outputs = driver.run(
    {
      source: { kind: "image", reference: source.image },
      program: { command: source.command, workingFolder: source.workingFolder },
      args: source.args,
      env: Object.fromEntries(source.env),
      mounts: [{ hostPath: folder, path: workspacePath, readOnly: false }],
      debugPort: null,
      dockerConfigFile,
      insecureRegistries,
      driverFolder,
    },
    signal,
  );
  for await (const output of outputs) {
    if (output.type === "exit") {
      if (output.code === 0) continue;
      throw new LabError("build-failed", `the source ${source.image} ended with exit status ${output.code}`, {
        hint: said.length === 0 ? "it printed nothing" : `it printed: ${said.join(" | ")}`,
      });
    }
    const text = output.type === "preparing" ? output.what : output.text;
    if (output.type === "line") said.push(text);
    said.splice(0, said.length - mostLines);
    onProgress(text);
  }
}
