/**
 * Unpacked images of executors below the driver's folder: `images/<hex>/root` and `images/<hex>/start.json`, made
 * elsewhere and renamed when whole; `names/<hash>` tells which digest a name had.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { errnoOf } from "../../error.ts";
import { type Digest, hexOf, isDigest } from "../../model/digest.ts";

/** How an image says it is to be started. */
export interface ImageStart {
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly workingFolder: string;
}

export interface StoredImage extends ImageStart {
  readonly root: string;
}

/** Null when there is none, or only a part of one. */
export async function findImage(driverFolder: string, digest: Digest): Promise<StoredImage | null> {
  const folder = folderOf(driverFolder, digest);
  try {
    const start = JSON.parse(await readFile(join(folder, "start.json"), "utf8")) as ImageStart;
    return { ...start, root: join(folder, "root") };
  } catch {
    return null;
  }
}

/** Takes an unpacked image, `root` in the given folder, into the store. One that is there already stays. */
export async function keepImage(
  driverFolder: string,
  digest: Digest,
  unpacked: string,
  start: ImageStart,
): Promise<void> {
  await writeFile(join(unpacked, "start.json"), JSON.stringify(start));
  await mkdir(join(driverFolder, "images"), { recursive: true });
  try {
    await rename(unpacked, folderOf(driverFolder, digest));
  } catch (error) {
    if (!["EEXIST", "ENOTEMPTY"].includes(errnoOf(error) ?? "")) throw error;
  }
}

export async function recallDigest(driverFolder: string, name: string): Promise<Digest | null> {
  const digest = await readFile(nameFile(driverFolder, name), "utf8").catch(() => "");
  return isDigest(digest) ? digest : null;
}

export async function rememberDigest(driverFolder: string, name: string, digest: Digest): Promise<void> {
  if ((await recallDigest(driverFolder, name)) === digest) return;
  await mkdir(join(driverFolder, "names"), { recursive: true });
  await writeFileAtomic(nameFile(driverFolder, name), digest);
}

function folderOf(driverFolder: string, digest: Digest): string {
  return join(driverFolder, "images", hexOf(digest));
}

function nameFile(driverFolder: string, name: string): string {
  return join(driverFolder, "names", createHash("sha256").update(name).digest("hex"));
}
