/** Which of Kaniko's caches a user means. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { LabError } from "../error.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { parseEntryName } from "./entry-names.ts";
import type { FolderPlace } from "./list-folder.ts";

export type CachePlace =
  | ({ readonly kind: "folder" /** As it is shown. */; readonly name: string } & FolderPlace)
  | { readonly kind: "registry"; readonly name: string; readonly repository: string };

export const placeForms = "oci:DIR as in --cache-repo, docker://HOST/REPOSITORY, or a folder of Kaniko or its warmer";

/**
 * @param word null: the layer cache and the base image cache of the cache folder.
 * @throws LabError `unknown-target`
 */
export function cachePlaces(cache: CacheFolder, word: string | null, workingFolder: string): CachePlace[] {
  if (word === null) {
    return [cache.layerCache, cache.baseImages].map(folder => ({ kind: "folder", name: folder, folder, prefix: null }));
  }
  if (word.startsWith("docker://")) {
    return [{ kind: "registry", name: word, repository: word.slice("docker://".length) }];
  }
  const path = resolve(workingFolder, word.replace(/^oci:/, ""));
  if (word.startsWith("oci:") && hasPrefix(path)) {
    return [{ kind: "folder", name: word, folder: dirname(path), prefix: basename(path) }];
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    return [{ kind: "folder", name: word, folder: path, prefix: null }];
  }
  throw new LabError("unknown-target", `there is no layer cache and no base image cache at ${JSON.stringify(word)}`, {
    hint: `it is named as ${placeForms}`,
  });
}

/** Kaniko puts the key right behind the name that it is given: `--cache-repo oci:DIR/layers` makes `DIR/layers:<key>`. */
function hasPrefix(path: string): boolean {
  try {
    return readdirSync(dirname(path)).some(name => {
      const parsed = parseEntryName(name);
      return parsed?.kind === "layer" && parsed.prefix === basename(path);
    });
  } catch {
    return false;
  }
}
