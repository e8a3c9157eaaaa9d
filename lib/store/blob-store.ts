/** Layers come in here and nowhere else: bytes are checked against their digest before they get their final name. */

import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import type { Compression } from "../model/layer-index.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { storeError } from "./store-error.ts";
import { temporaryName } from "./temporary-name.ts";

export interface AdoptOptions {
  /** `move` when nothing else needs or can still write the file; `copy` leaves the source alone. */
  readonly mode: "move" | "copy";
}

/**
 * Keeps a file as the layer `digest`. Does nothing when the layer is there already.
 * @returns the file in the cache folder.
 * @throws LabError `digest-mismatch`, `disk-full`, `cache-not-writable`
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
    // The copy is checked, not the source: what was checked is then what is kept.
    if (options.mode === "move") await moveFile(source, temporary);
    else await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await checkDigest(temporary, digest, source);
    const file = cache.layerFile(digest, await compressionOf(temporary));
    await chmod(temporary, 0o644);
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

async function checkDigest(file: string, expected: Digest, source: string): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== expected) {
    throw new LabError("digest-mismatch", `${source} should be ${expected} but its bytes are ${found}`, {
      hint: "the file was changed or cut off; build again, without the cache if it happens again",
    });
  }
}

/** By the first bytes, as names and media types are often wrong. */
async function compressionOf(file: string): Promise<Compression> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return "gzip";
    if (bytesRead === 4 && buffer.readUInt32LE(0) === 0xfd2fb528) return "zstd";
    return "none";
  } finally {
    await handle.close();
  }
}
