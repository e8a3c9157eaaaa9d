/** From a word of the user to one entry of Kaniko's caches. */

import { lstatSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { LabError } from "../error.ts";
import { parseReference } from "../registry/reference.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { isCacheKey, parseEntryName } from "./entry-names.ts";
import type { EntryUses } from "./entry-use.ts";
import { createClient } from "./list-caches.ts";
import { readBaseImage, readLayerEntry } from "./list-folder.ts";

export const entryForms =
  "a key or digest, or the start of one, in the cache folder; oci:DIR:KEY, docker-archive:FILE, a path; docker://HOST/REPOSITORY:KEY";

/** Shorter ones are rather words than keys. */
const shortestStart = 4;

/**
 * @param word one of `entryForms`.
 * @throws LabError `not-found` when there is no such entry, `unknown-target` when the start of a key fits several, and as `readRegistryEntry`
 */
export async function findEntry(
  cache: CacheFolder,
  word: string,
  options: { readonly uses: EntryUses; readonly workingFolder: string; readonly signal?: AbortSignal },
): Promise<CacheEntry> {
  if (word.startsWith("docker://")) return registryEntry(word.slice("docker://".length), options.signal);
  const start = word.replace(/^sha256:/, "");
  if (/^[0-9a-f]+$/.test(start) && start.length >= shortestStart) return entryByStart(cache, word, start, options.uses);
  const path = resolve(options.workingFolder, word.replace(/^(?:oci|docker-archive):/, ""));
  const entry = entryAt(path);
  if (entry !== null) return entry;
  throw new LabError("not-found", `there is no entry ${JSON.stringify(word)} of a layer cache or base image cache`, {
    hint: `entries are named as ${entryForms}`,
  });
}

async function registryEntry(name: string, signal: AbortSignal | undefined): Promise<CacheEntry> {
  const reference = parseReference(name);
  if (reference.tag === null || !isCacheKey(reference.tag)) {
    throw new LabError("usage", `docker://${name} names no entry: the tag must be a whole key, of 64 hex digits`, {
      hint: "kaniko-lab cache ls docker://HOST/REPOSITORY lists the keys",
    });
  }
  const { readRegistryEntry } = await import("./list-registry.ts");
  return readRegistryEntry(await createClient(), reference, reference.tag, signal);
}

function entryByStart(cache: CacheFolder, word: string, start: string, uses: EntryUses): CacheEntry {
  const isWhole = word.startsWith("sha256:");
  const paths = [cache.layerCache, cache.baseImages].flatMap(folder =>
    namesIn(folder).flatMap(name => {
      const parsed = parseEntryName(name);
      if (parsed === null || parsed.kind === "manifest" || (isWhole && parsed.kind === "layer")) return [];
      const hex = parsed.kind === "layer" ? parsed.key : parsed.digest.slice("sha256:".length);
      return hex.startsWith(start) ? [join(folder, name)] : [];
    }),
  );
  if (paths.length > 1) {
    throw new LabError("unknown-target", `${paths.length} entries begin with ${word}`, { hint: "write more of it" });
  }
  const entry = paths[0] === undefined ? null : entryAt(paths[0]);
  if (entry !== null) return entry;
  const known = [...uses.keys].find(key => key.startsWith(start));
  const steps = known === undefined ? [] : uses.ofKey(known);
  const whose = steps[0] ? `; it was the key of step ${steps[0].step.number} of build ${steps[0].build.id}` : "";
  throw new LabError("not-found", `no entry begins with ${word}${whose}`, {
    hint: "kaniko-lab cache ls lists the entries",
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null for what is not there, or is called otherwise than an entry. */
function entryAt(path: string): CacheEntry | null {
  const parsed = parseEntryName(basename(path));
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (parsed?.kind === "layer" && found?.isDirectory()) return readLayerEntry(path, parsed.key);
  if (parsed?.kind === "base-image" && (found?.isDirectory() || found?.isFile()))
    return readBaseImage(path, parsed.digest);
  return null;
}
