/**
 * Files that become layers of the cache folder: their bytes are checked before they get their final name, which tells
 * their compression by their first bytes. (Layers of a registry do not pass here: their download checks them and writes
 * them under the name that their media type gives. So whoever reads a layer goes by its bytes, not by its ending.)
 */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, lstat, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import type { Compression } from "../model/layer-index.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { storeError } from "./store-error.ts";
import { temporaryName } from "./temporary-name.ts";

export interface AdoptOptions {
  /** `move` when nothing else needs or can still write the file; `copy` leaves the source alone, and follows links. */
  readonly mode: "move" | "copy";
}

/**
 * Keeps a file as the layer `digest`. Does nothing when the layer is there already.
 * @returns the file in the cache folder.
 * @throws LabError `digest-mismatch`, `unsafe` for anything but a regular file, `disk-full`, `cache-not-writable`
 */
export async function adoptLayer(
  cache: CacheFolder,
  source: string,
  digest: Digest,
  options: AdoptOptions,
): Promise<string> {
  const present = cache.findLayer(digest);
  if (present) return present;
  const temporary = join(cache.root, temporaryName());
  try {
    const found = options.mode === "move" ? await lstat(source) : await stat(source);
    if (!found.isFile()) throw notRegular(source);
    // The copy is checked, not the source: what was checked is then what is kept.
    if (options.mode === "move") await moveFile(source, temporary);
    else await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    const file = cache.layerFile(digest, await checkedCompression(temporary, digest, source));
    await rename(temporary, file);
    return file;
  } catch (error) {
    await rm(temporary, { force: true });
    throw storeError(error, cache.root);
  }
}

async function moveFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await copyFile(source, target);
    await rm(source);
  }
}

/** Checks what was brought in and makes it readable for all, through one handle: a link is never followed. */
async function checkedCompression(file: string, expected: Digest, source: string): Promise<Compression> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(error => {
    throw (error as NodeJS.ErrnoException).code === "ELOOP" ? notRegular(source) : error;
  });
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(source);
    await checkDigest(handle, expected, source);
    await handle.chmod(0o644);
    return await compressionOf(handle);
  } finally {
    await handle.close();
  }
}

function notRegular(source: string): LabError {
  return new LabError("unsafe", `${source} is not a regular file`, { hint: "layers are files, not links or devices" });
}

/** Reads a layer where it is. @throws LabError `digest-mismatch` */
export async function verifyLayer(file: string, digest: Digest): Promise<void> {
  const handle = await open(file);
  try {
    await checkDigest(handle, digest, file);
  } finally {
    await handle.close();
  }
}

async function checkDigest(handle: FileHandle, expected: Digest, source: string): Promise<void> {
  const hash = createHash("sha256");
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== expected) {
    throw new LabError("digest-mismatch", `${source} should be ${expected} but its bytes are ${found}`, {
      hint: "the file was changed or cut off; build again, without the cache if it happens again",
    });
  }
}

/** By the first bytes, as names and media types are often wrong. */
async function compressionOf(handle: FileHandle): Promise<Compression> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return "gzip";
  if (bytesRead === 4 && buffer.readUInt32LE(0) === 0xfd2fb528) return "zstd";
  return "none";
}
