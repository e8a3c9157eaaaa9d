import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { detectCompression, magicBytes } from "../layer/compression.ts";
import { storeError } from "../store/store-error.ts";
import { readFirstBytes } from "./read-blob.ts";

/** Left free on the disk, whatever a compressed archive wants. */
const reserveBytes = 256 << 20;
/** With its default of 16 KiB, zlib is three times slower. */
const chunkSize = 1 << 20;

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
  if (compression === "zstd") {
    throw new LabError("unknown-target", `${file} is an archive compressed with zstd as a whole`, {
      hint: `unpack it first: zstd -d ${JSON.stringify(file)}`,
    });
  }
  const identity = JSON.stringify([path.resolve(file), found.size, found.mtimeMs, found.ino]);
  const target = path.join(scratch, `archive-${createHash("sha256").update(identity).digest("hex").slice(0, 32)}.tar`);
  if (await isFile(target)) return target;
  const temporary = path.join(scratch, `.new-${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(scratch, { recursive: true });
    const limit = boundedBytes(file, await freeBytes(scratch));
    const stages = [createReadStream(file), createGunzip({ chunkSize }), limit, createWriteStream(temporary)] as const;
    await pipeline(stages, signal === undefined ? {} : { signal });
    await rename(temporary, target);
    return target;
  } catch (error) {
    await rm(temporary, { force: true });
    throw unpackError(error, file, scratch, signal);
  }
}

function unpackError(error: unknown, file: string, scratch: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new LabError("cancelled", `cancelled while unpacking ${file}`);
  if (/^Z_/.test(errnoOf(error) ?? "")) {
    return new LabError("damaged", `${file} is damaged: ${messageOf(error)}`, {
      hint: "the file was cut off or changed; fetch or save it again",
      cause: error,
    });
  }
  return storeError(error, scratch);
}

function boundedBytes(file: string, maxBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) return done(null, chunk);
      done(new LabError("too-large", `${file} unpacks to more than the ${maxBytes} bytes that fit on the disk`));
    },
  });
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
