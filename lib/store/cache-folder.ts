/**
 * The cache folder: which one it is, and the only place that knows its file names.
 *
 *     sha256:<hex>.tgz      a layer (.tar.zst, .tar for other compressions)
 *     config.json           the image config of the latest build
 *     builds/<id>/          one build, see build-store.ts
 *     index/<hex>           the index of a layer, named by its digest
 *     seek/<hex>            how to read from the middle of a layer; of a zstd layer a copy in small frames
 *     layer-cache/          what Kaniko sees as /cache: its layer cache, one `layers:<key>/` per entry
 *     base-images/          Kaniko's base image cache, as its warmer writes it
 *     scratch/              unpacked archives, saved images
 *     drivers/<name>/       what a driver keeps between runs
 */

import { existsSync, readdirSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { LabError } from "../error.ts";
import { type Digest, hexOf } from "../model/digest.ts";
import type { Compression } from "../model/layer-index.ts";
import { storeError } from "./store-error.ts";

export interface CacheFolderChoice {
  /** `--cache-dir`. */
  readonly explicit?: string | undefined;
  /** `KANIKO_LAB_CACHE`. */
  readonly environment?: string | undefined;
  readonly workingFolder: string;
}

/** The cache folder that a user means: the option, the variable, `cache/` of a lab's folder, else the user's own cache. */
export async function chooseCacheFolder(choice: CacheFolderChoice): Promise<string> {
  if (choice.explicit) return resolve(choice.workingFolder, choice.explicit);
  if (choice.environment) return resolve(choice.workingFolder, choice.environment);
  const local = join(choice.workingFolder, "cache");
  return isLabCache(local) ? local : usersCache();
}

/** @throws LabError `cache-not-writable` for a user without a home (an arbitrary uid, as some clusters give). */
async function usersCache(): Promise<string> {
  try {
    const { default: envPaths } = await import("env-paths");
    const folder = envPaths("kaniko-lab", { suffix: "" }).cache;
    // With an empty HOME it would lie in whatever folder the program is called in.
    return isAbsolute(folder) ? folder : resolve(userInfo().homedir, folder);
  } catch (error) {
    throw new LabError("cache-not-writable", "this user has no home folder to keep layers in", {
      hint: "choose a folder with --cache-dir or KANIKO_LAB_CACHE",
      cause: error,
    });
  }
}

/** Many projects have some `cache/`: ours stands beside `workspace/`, or holds builds or layers. */
function isLabCache(folder: string): boolean {
  if (!existsSync(folder)) return false;
  if (existsSync(join(folder, "..", "workspace"))) return true;
  try {
    return readdirSync(folder).some(name => name === "builds" || parseLayerFileName(name) !== null);
  } catch {
    return false;
  }
}

export class CacheFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get builds(): string {
    return join(this.root, "builds");
  }

  get indexes(): string {
    return join(this.root, "index");
  }

  get seekFiles(): string {
    return join(this.root, "seek");
  }

  get layerCache(): string {
    return join(this.root, "layer-cache");
  }

  get baseImages(): string {
    return join(this.root, "base-images");
  }

  get scratch(): string {
    return join(this.root, "scratch");
  }

  get latestConfig(): string {
    return join(this.root, "config.json");
  }

  driver(name: string): string {
    return join(this.root, "drivers", name);
  }

  buildFolder(id: string): string {
    return join(this.builds, id);
  }

  /** The index of a layer by the digest of its stored bytes. */
  indexFile(digest: Digest): string {
    return join(this.indexes, hexOf(digest));
  }

  /** The listing of a layer that is not here itself (from a thin recording): kept apart, as nothing could check it. */
  listingFile(digest: Digest): string {
    return join(this.indexes, `listing-${hexOf(digest)}`);
  }

  /** A listing of a folder after a layer and those below it; `name` tells which of them. May be deleted at any time. */
  folderListingFile(digest: Digest, name: string): string {
    return join(this.indexes, `folder-${hexOf(digest)}-${name}`);
  }

  /** What reads of the middle of a layer left behind, by the digest of its stored bytes; may be deleted at any time. */
  seekFile(digest: Digest): string {
    return join(this.seekFiles, hexOf(digest));
  }

  layerFile(digest: Digest, compression: Compression): string {
    return join(this.root, layerFileName(digest, compression));
  }

  /** The file of a layer that is kept here, or null. */
  findLayer(digest: Digest): string | null {
    for (const compression of ["gzip", "zstd", "none"] as const) {
      const file = this.layerFile(digest, compression);
      if (existsSync(file)) return file;
    }
    return null;
  }

  /** Makes the folder with all its parts. @throws LabError `cache-not-writable`, `disk-full` */
  async create(): Promise<void> {
    for (const folder of [this.root, this.builds, this.indexes, this.layerCache, this.scratch]) {
      try {
        await mkdir(folder, { recursive: true });
        await access(folder, constants.W_OK);
      } catch (error) {
        throw storeError(error, folder);
      }
    }
  }
}

const extensionOf: Readonly<Record<Compression, string>> = { gzip: ".tgz", zstd: ".tar.zst", none: ".tar" };

/** `sha256:<hex>.tgz`; with `-` for `:` on Windows, where file names cannot have it. */
export function layerFileName(digest: Digest, compression: Compression): string {
  const name = process.platform === "win32" ? digest.replace(":", "-") : digest;
  return name + extensionOf[compression];
}

/** The digest in a layer's file name, or null for any other name. */
export function parseLayerFileName(name: string): Digest | null {
  const match = /^sha256[:-]([0-9a-f]{64})\.(?:tgz|tar\.zst|tar)$/.exec(name);
  return match ? (`sha256:${match[1]}` as Digest) : null;
}
