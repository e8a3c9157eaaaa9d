/** Which paths of this machine matter to a build that is watched. Pure. */

import { join, relative, sep } from "node:path";
import { buildFileName } from "../build/build-file.ts";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import { parseLayerFileName } from "../store/cache-folder.ts";

export interface WatchPlaces {
  /** The context; absolute, as are all the others. */
  readonly folder: string;
  /** Where a Dockerfile may be, the first one that is there counts. */
  readonly dockerfiles: readonly string[];
  /** The cache folder, under each name that it has (links). */
  readonly cacheRoots: readonly string[];
  readonly ignore: DockerIgnore;
}

/** `rules`: it decides which files are in the context · `settings`: `kaniko-lab.yaml` */
export type PathMeaning = "dockerfile" | "rules" | "settings" | "context";

export class WatchRules {
  readonly #places: WatchPlaces;

  constructor(places: WatchPlaces) {
    this.#places = places;
  }

  /** What chokidar is given to watch: the context, and files that count though they are outside of it. */
  get roots(): readonly string[] {
    const { folder, dockerfiles } = this.#places;
    const files = [...dockerfiles, ...dockerfiles.map(ignoreFileOf)];
    return [folder, ...files.filter(file => relativeTo(folder, file) === null)];
  }

  /** Null for a path that no build sees. @param isFolder null where it is not known */
  meaningOf(file: string, isFolder: boolean | null): PathMeaning | null {
    const { folder, dockerfiles, ignore } = this.#places;
    if (dockerfiles.includes(file)) return "dockerfile";
    if (file === join(folder, ".dockerignore") || dockerfiles.some(one => file === ignoreFileOf(one))) return "rules";
    if (file === join(folder, buildFileName)) return "settings";
    const path = relativeTo(folder, file);
    if (path === null || this.#isOfCache(file)) return null;
    if (path === "") return "context";
    if (!ignore.excludes(path)) return "context";
    // An exception of the ignore file can lie in a folder that is ignored.
    return isFolder === false || ignore.excludesAllBelow(path) ? null : "context";
  }

  /** As it is shown: relative to the context. */
  pathOf(file: string): string {
    return relativeTo(this.#places.folder, file) ?? file;
  }

  /** Every build writes there: what is in it must not start the next one. */
  #isOfCache(file: string): boolean {
    return this.#places.cacheRoots.some(root => {
      const path = relativeTo(root, file);
      if (path === null) return false;
      // A context inside of the cache folder, or one that is also used as one, has files of its own.
      const isAround = relativeTo(root, this.#places.folder) !== null;
      return !isAround || isCacheName(path.split("/")[0] as string);
    });
  }
}

const cacheNames: ReadonlySet<string> = new Set(
  "builds index seek layer-cache base-images scratch drivers config.json".split(" "),
);

function isCacheName(name: string): boolean {
  return cacheNames.has(name) || name.startsWith(".new-") || parseLayerFileName(name) !== null;
}

export function ignoreFileOf(dockerfile: string): string {
  return `${dockerfile}.dockerignore`;
}

/** With `/` between names; null for what is not inside. */
export function relativeTo(folder: string, file: string): string | null {
  const path = relative(folder, file);
  if (path === ".." || path.startsWith(`..${sep}`)) return null;
  return path.split(sep).join("/");
}
