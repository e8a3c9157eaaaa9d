/** Which step of which build is to be verified, and where its entry is. */

import { basename, dirname } from "node:path";
import { LabError } from "../../error.ts";
import { findStep } from "../../lab/chain.ts";
import type { BuildRecord, Step } from "../../model/build.ts";
import { BuildStore } from "../../store/build-store.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { findBuild } from "../../store/find-build.ts";
import type { CacheEntry } from "../cache-entry.ts";
import { parseEntryName } from "../entry-names.ts";
import type { EntryUses } from "../entry-use.ts";
import { findEntry } from "../find-entry.ts";
import type { SeedSource } from "./seed-cache.ts";

export interface Verifiable {
  readonly build: BuildRecord;
  readonly step: Step;
  readonly entry: CacheEntry;
  readonly source: SeedSource;
}

export interface FindOptions {
  readonly uses: EntryUses;
  readonly workingFolder: string;
  readonly signal: AbortSignal;
}

/**
 * @param word an entry; with a step number, a build (null: the latest).
 * @throws LabError `usage`, `not-found`, `unknown-target`, `unknown-step`
 */
export async function findVerifiable(
  cache: CacheFolder,
  word: string | null,
  stepNumber: number | null,
  options: FindOptions,
): Promise<Verifiable> {
  if (stepNumber !== null) return ofStep(cache, word ?? "latest", stepNumber, options);
  if (word === null)
    throw new LabError("usage", "which entry is to be verified?", { hint: "name its key, or a build and --step N" });
  const entry = await findEntry(cache, word, options);
  if (entry.kind === "base-image")
    throw new LabError("usage", `${entry.digest} is a base image: no step has made it`, {
      hint: "entries of the layer cache can be verified",
    });
  const uses = options.uses.of(entry);
  const use = uses.find(({ how }) => how === "made") ?? uses[0];
  if (use === undefined)
    throw new LabError("not-found", `no build here knows ${entry.key}: nothing tells how it was made`);
  return { build: use.build, step: use.step, entry: whole(entry), source: sourceOf(entry) };
}

async function ofStep(cache: CacheFolder, word: string, number: number, options: FindOptions): Promise<Verifiable> {
  const build = await findBuild(new BuildStore(cache), word);
  if (build === null)
    throw new LabError("unknown-target", `there is no build ${JSON.stringify(word)}`, {
      hint: "kaniko-lab builds lists them",
    });
  const step = findStep(build.steps, number);
  const { key } = step.cache;
  const place = build.spec.cache;
  if (key === null || place === "off")
    throw new LabError("usage", `step ${number} of build ${build.id} has no cache key`, {
      hint: "kaniko-lab steps shows which steps have one",
    });
  const entry = await findEntry(cache, place === "folder" ? key : `docker://${place}:${key}`, options);
  return { build, step, entry: whole(entry), source: sourceOf(entry) };
}

/** @throws LabError `damaged` */
function whole(entry: CacheEntry): CacheEntry {
  if (entry.damage === null && !(entry.kind === "layer" && entry.pointsTo !== null)) return entry;
  const name = entry.kind === "layer" ? entry.key : entry.digest;
  if (entry.damage === null) throw new LabError("usage", `the entry ${name} has no layer, it points to another entry`);
  throw new LabError("damaged", `the entry ${name} is damaged: ${entry.damage}`, {
    hint: "kaniko-lab cache prune --expired --yes removes it",
  });
}

/** The entries of the steps before lie beside it. */
function sourceOf({ path, target }: CacheEntry): SeedSource {
  if (path === null) return { kind: "registry", repository: target.slice("docker://".length, target.lastIndexOf(":")) };
  const name = parseEntryName(basename(path));
  return { kind: "folder", folder: dirname(path), prefix: name?.kind === "layer" ? name.prefix : "" };
}
