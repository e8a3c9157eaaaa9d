import { open, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { detectCompression } from "../layer/compression.ts";
import { inflate } from "../layer/inflate.ts";
import { readBlob } from "../layer/read-blob.ts";
import { blockBytes } from "../layer/tar-header.ts";
import type { BlobLocation, Compression } from "../model/layer-index.ts";
import { type ReadAt, readAtHandle, walkArchive } from "./archive-walk.ts";
import { isImageArchive } from "./docker-archive.ts";
import { isLayerStart } from "./layer-file.ts";
import { hasLayerFiles } from "./layer-folder.ts";
import { unpackedArchive } from "./unpacked-archive.ts";

/** Tells by its content what a path holds; names do not count. */

export type PathKind = "layout" | "layer-folder" | "archive" | "layer";

/** Enough of a compressed tar to see its first members. */
const peekBytes = 64 << 10;

/** @returns null when it holds nothing that is known. @throws LabError `unknown-target` when it cannot be read. */
export async function recognisePath(
  target: string,
  options: { scratch: string; signal?: AbortSignal | undefined },
): Promise<PathKind | null> {
  try {
    const found = await stat(target);
    if (found.isDirectory()) return await recogniseFolder(target);
    return found.isFile() ? await recogniseFile(target, options) : null;
  } catch (error) {
    if (error instanceof LabError || errnoOf(error) === undefined) throw error;
    throw new LabError("unknown-target", `cannot open ${target}: ${messageOf(error)}`, { cause: error });
  }
}

async function recogniseFolder(folder: string): Promise<PathKind | null> {
  const isThere = (name: string) =>
    stat(path.join(folder, name)).then(
      () => true,
      () => false,
    );
  if ((await isThere("index.json")) && (await isThere("blobs"))) return "layout";
  return (await hasLayerFiles(folder)) ? "layer-folder" : null;
}

async function recogniseFile(
  file: string,
  options: { scratch: string; signal?: AbortSignal | undefined },
): Promise<PathKind | null> {
  const handle = await open(file);
  try {
    const readFile = readAtHandle(handle);
    const firstBlock = await readFile(0, blockBytes);
    if (!isLayerStart(firstBlock)) return null;
    const compression = detectCompression(firstBlock);
    if (compression === "none")
      return (await looksLikeArchive(readFile)) && (await isImageArchive(file)) ? "archive" : "layer";
    const start = await inflatedStart({ file, offset: 0, sizeBytes: (await handle.stat()).size }, compression);
    if (!(await looksLikeArchive(readBuffer(start)))) return "layer";
    return (await isImageArchive(await unpackedArchive(file, options))) ? "archive" : "layer";
  } finally {
    await handle.close();
  }
}

/** Members of an image archive are called so, whoever wrote it; the first of another name gives a layer away. */
const archiveMember =
  /^(?:blobs(?:\/.*)?|oci-layout|index\.json|manifest\.json|repositories|version|(?:sha256:)?[0-9a-f]{64}(?:[./].*)?|[^/]+\.(?:json|tar|tgz|tar\.gz|tar\.zst))$/i;

/** Looks at the members within the first bytes, or at all of them when they all look right. */
async function looksLikeArchive(read: ReadAt): Promise<boolean> {
  let members = 0;
  try {
    for await (const member of walkArchive(read, "")) {
      if (!archiveMember.test(member.name)) return false;
      members += 1;
    }
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return false;
  }
  return members > 0;
}

function readBuffer(bytes: Buffer): ReadAt {
  return async (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes);
}

/** The first bytes of a compressed tar; what there is when it is damaged. */
async function inflatedStart(blob: BlobLocation, compression: Compression): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of inflate(readBlob(blob), compression)) {
      parts.push(part);
      sizeBytes += part.length;
      if (sizeBytes >= peekBytes) break;
    }
  } catch (error) {
    // A damaged layer is still a layer; whoever reads it says what is wrong.
    if (!(error instanceof LabError)) throw error;
  }
  return Buffer.concat(parts);
}
