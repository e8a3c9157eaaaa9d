import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, LabError } from "../error.ts";
import type { LayerFacts, LayerIndex } from "../model/layer-index.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { columnsOf } from "./columns-of.ts";
import {
  blockBytes,
  blocksAreWhole,
  decodeColumns,
  decodeFacts,
  decodeHead,
  type EncodedIndex,
  encodeColumns,
  factsBytes,
  headBytesOf,
  type IndexHead,
  partsOfIndex,
} from "./index-format.ts";
import { LayerColumns } from "./layer-columns.ts";

/** Reading goes on in pieces of this size: a display's keys get their turn in between. */
const pieceBytes = 4 << 20;

/**
 * Reads an index; its columns stay views over the bytes of the file.
 * @throws LabError `blob-missing` when there is no such file, `damaged` when it is cut off, changed, or of another version.
 */
export async function readIndexFile(file: string): Promise<LayerColumns> {
  const bytes = await readWhole(file);
  const columns = bytes === null ? null : decodeColumns(bytes);
  if (columns !== null) return new LayerColumns(columns);
  throw new LabError("damaged", `damaged layer index, or one of another version: ${file}`, {
    hint: "delete it; it is made again from the layer",
  });
}

/** The index, or null when there is none that can be used, for whatever reason. */
export async function openIndexFile(file: string): Promise<LayerColumns | null> {
  try {
    return await readIndexFile(file);
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}

/**
 * What the file says of its layer as a whole, without reading the entries; null when there is no file that can be used. At
 * once: threads for so little are a tenth of the time that a listing takes.
 */
export function readIndexFacts(file: string): LayerFacts | null {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    return null;
  }
  try {
    const head = new Uint8Array(factsBytes);
    return readSync(handle, head, 0, factsBytes, 0) < factsBytes ? null : decodeFacts(head, fstatSync(handle).size);
  } finally {
    closeSync(handle);
  }
}

/** The bytes of an index, checked; null when they are damaged. */
async function readWhole(file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const handle = await open(file, "r").catch((error: unknown) => {
    throw new LabError("blob-missing", `no layer index at ${file}`, { cause: error });
  });
  try {
    // An ArrayBuffer of its own, so that every column is aligned.
    const bytes = new Uint8Array((await handle.stat()).size);
    let head: IndexHead | null = null;
    for (let fill = 0, checked = 0; fill < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, fill, Math.min(pieceBytes, bytes.length - fill), fill);
      fill += bytesRead;
      const headBytes = headBytesOf(bytes, bytes.length);
      if (bytesRead === 0 || headBytes === null) return null;
      if (fill < headBytes) continue;
      head ??= decodeHead(bytes, bytes.length);
      // Checked while they are in the processor's cache; the last block may be shorter than the others.
      const wholeBlocks = Math.floor((fill - headBytes) / blockBytes);
      const to = fill === bytes.length ? fill : headBytes + wholeBlocks * blockBytes;
      if (head === null || !blocksAreWhole(bytes.subarray(headBytes + checked * blockBytes, to), checked, head))
        return null;
      checked = wholeBlocks;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Writes an index under a temporary name and renames it. */
export async function writeIndexFile(file: string, index: LayerIndex): Promise<void> {
  await writeEncodedIndex(file, encodeColumns(columnsOf(index).data));
}

/** @throws LabError `disk-full`, `cache-not-writable`. */
export async function writeEncodedIndex(file: string, index: EncodedIndex): Promise<void> {
  const temporary = join(dirname(file), temporaryName());
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      for (const part of partsOfIndex(index)) if (part.length > 0) await handle.writeFile(part);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(file, error);
  }
}

function writeError(file: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new LabError("disk-full", `no space left for the layer index ${file}`, {
      hint: "free some space, or choose another folder with --cache-dir",
      cause: error,
    });
  }
  if (errno === undefined) return error;
  return new LabError("cache-not-writable", `cannot write the layer index ${file}`, {
    hint: "choose a folder you may write to with --cache-dir",
    cause: error,
  });
}
