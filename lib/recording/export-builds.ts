/**
 * Builds as one file to keep or to send: a gzip'd tar with `recording.json`, `builds/<id>/…` as in the cache folder, and
 * for every layer either its bytes (`layers/sha256:<hex>.tgz`) or its listing (`listings/<hex>.ndjson`).
 */

import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { LabError, messageOf } from "../error.ts";
import type { Lab } from "../lab/lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import { type Digest, hexOf } from "../model/digest.ts";
import type { TargetLayer } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { removeAbandoned } from "../store/leftovers.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { listingLines } from "./listing.ts";

export interface ExportOptions {
  /** `thin`: of base images only the listing; `full`: everything. */
  readonly kind: "thin" | "full";
  readonly signal?: AbortSignal | undefined;
}

export const recordingVersion = 1;

/** Files of a build's folder that go into a recording. */
export const recordedFiles = [
  "Dockerfile",
  "context.ndjson",
  "events.ndjson",
  "executor.log",
  "manifest.json",
  "config.json",
] as const;

/** Writes builds to `file`, which is complete or not there. @throws LabError `disk-full`, `usage` where nothing can be written */
export async function exportBuilds(
  cache: CacheFolder,
  lab: Lab,
  builds: readonly BuildRecord[],
  file: string,
  options: ExportOptions,
): Promise<void> {
  const temporary = join(dirname(file), temporaryName());
  const archive = pack();
  await removeAbandoned(dirname(file));
  try {
    const writing = pipeline(archive, createGzip({ level: 9 }), createWriteStream(temporary));
    // A failing output ends the archive; its error is the one to report.
    await Promise.all([
      writing,
      fill(archive, cache, lab, builds, options).catch(error => archive.destroy(error as Error)),
    ]);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw exportError(error, file, temporary);
  }
}

/** The file can be anywhere: hints about the cache folder would mislead. */
function exportError(error: unknown, file: string, temporary: string): unknown {
  const { code, path = "" } = error as NodeJS.ErrnoException;
  if (error instanceof LabError || code === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new LabError("disk-full", `no space left while writing ${file}`, { hint: "free some space", cause: error });
  }
  if (path !== temporary) return error;
  const reason = code === "ENOENT" ? "there is no such folder" : messageOf(error);
  return new LabError("usage", `cannot write ${file}: ${reason}`, { hint: "--to FILE names another place" });
}

async function fill(
  archive: Pack,
  cache: CacheFolder,
  lab: Lab,
  builds: readonly BuildRecord[],
  options: ExportOptions,
): Promise<void> {
  const summary = { schemaVersion: recordingVersion, kind: options.kind, builds: builds.map(build => build.id) };
  await addText(archive, "recording.json", JSON.stringify(summary));
  const done = new Set<Digest>();
  for (const build of builds) {
    await addText(archive, `builds/${build.id}/build.json`, JSON.stringify(portableRecord(build)));
    for (const name of recordedFiles) {
      const source = join(cache.buildFolder(build.id), name);
      if (!existsSync(source)) continue;
      const content = await readFile(source);
      const portable = name === "events.ndjson" ? portableEvents(content.toString("utf8"), build) : content;
      await addText(archive, `builds/${build.id}/${name}`, portable);
    }
    const target = targetOfBuild(cache, build);
    const baseDigests = new Set(build.steps.flatMap(step => step.baseLayers.map(layer => layer.digest)));
    for (const layer of target.layers) {
      if (layer.digest === null || done.has(layer.digest)) continue;
      done.add(layer.digest);
      options.signal?.throwIfAborted();
      const listingOnly = layer.blob === null || (options.kind === "thin" && baseDigests.has(layer.digest));
      if (listingOnly) await addListing(archive, lab, layer, layer.digest);
      else await addLayer(archive, layer);
    }
  }
  archive.finalize();
}

/** Paths of this machine say nothing elsewhere: of context and executor only the last name is kept. */
function portableRecord(build: BuildRecord): BuildRecord {
  return {
    ...build,
    spec: {
      ...build.spec,
      context: basename(build.spec.context),
      dockerfile: basename(build.spec.dockerfile),
      ...(build.spec.origin && { origin: { ...build.spec.origin, file: basename(build.spec.origin.file) } }),
    },
    executor: { ...build.executor, source: portableSource(build.executor.source) },
  };
}

function portableSource(source: string): string {
  return /^[./~]/.test(source) ? basename(source) : source;
}

/** The event that names the executor does so, too. */
function portableEvents(lines: string, { executor: { source } }: BuildRecord): string {
  const executor = JSON.stringify({ source }).slice(1, -1);
  const portable = JSON.stringify({ source: portableSource(source) }).slice(1, -1);
  return executor === portable
    ? lines
    : lines.replace(/^.*"type":"executor".*$/m, line => line.replace(executor, portable));
}

async function addListing(archive: Pack, lab: Lab, layer: TargetLayer, digest: Digest): Promise<void> {
  const [index] = await lab.indexes([layer]);
  if (index) await addText(archive, `listings/${hexOf(digest)}.ndjson`, `${[...listingLines(index)].join("\n")}\n`);
}

async function addLayer(archive: Pack, layer: TargetLayer): Promise<void> {
  if (layer.blob === null) return;
  const { size } = await stat(layer.blob.file);
  const entry = archive.entry({ name: `layers/${basename(layer.blob.file)}`, size, mtime: new Date(0) });
  await pipeline(createReadStream(layer.blob.file), entry);
}

/** The time is fixed, so that the same builds give the same file. */
function addText(archive: Pack, name: string, content: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mtime: new Date(0) }, content, error => (error ? reject(error) : resolve()));
  });
}
