import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { LabError, messageOf } from "../error.ts";
import { detectCompression, magicBytes } from "../layer/compression.ts";
import { inflate } from "../layer/inflate.ts";
import { readBlob } from "../layer/read-blob.ts";
import { storeError } from "../store/store-error.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { readFirstBytes } from "./whole-blob.ts";

/** Left free on the disk, whatever a compressed archive wants. */
const reserveBytes = 256 << 20;

/**
 * The archive itself, or, when it is compressed as a whole (`docker save … | gzip`), an unpacked copy in `scratch`, made
 * once for one and the same file. A bomb ends before the disk is full.
 *
 * @throws LabError `unknown-target`, `damaged`, `too-large`, `disk-full`, `cache-not-writable`, `cancelled`
 */
export async function unpackedArchive(
  file: string,
  { scratch, signal }: { scratch: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    throw new LabError("unknown-target", `cannot open ${file}: ${messageOf(error)}`, { cause: error });
  });
  if (!found.isFile()) throw new LabError("unknown-target", `${file} is not a file`);
  const firstBytes = await readFirstBytes({ file, offset: 0, sizeBytes: found.size }, magicBytes);
  const compression = detectCompression(firstBytes);
  if (compression === "none") return file;
  const identity = JSON.stringify([path.resolve(file), found.size, found.mtimeMs, found.ino]);
  const target = path.join(scratch, `archive-${createHash("sha256").update(identity).digest("hex").slice(0, 32)}.tar`);
  if (await isFile(target)) return target;
  const temporary = path.join(scratch, temporaryName());
  try {
    await mkdir(scratch, { recursive: true });
    const blob = { file, offset: 0, sizeBytes: found.size };
    const tar = bounded(inflate(readBlob(blob, signal), compression), await freeBytes(scratch), file);
    await pipeline(tar, createWriteStream(temporary));
    await rename(temporary, target);
    return target;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storeError(error, scratch);
  }
}

async function* bounded(tar: AsyncIterable<Uint8Array>, maxBytes: number, file: string): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of tar) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new LabError("disk-full", `no space to unpack ${file}: it has more than the ${maxBytes} bytes that fit`, {
        hint: "free some space, choose another folder with --cache-dir, or unpack the archive yourself",
      });
    }
    yield chunk;
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(0, bavail * bsize - reserveBytes);
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    found => found.isFile(),
    () => false,
  );
}
