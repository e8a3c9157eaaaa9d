import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, LabError } from "../error.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { columnsOf } from "./columns-of.ts";
import { decodeColumns, encodeColumns } from "./index-format.ts";
import { LayerColumns } from "./layer-columns.ts";

/**
 * Reads an index with one read; its columns stay views over those bytes.
 * @throws LabError `blob-missing` when there is no such file, `damaged` when it is cut off, changed, or of another version.
 */
export function readIndexFile(file: string): LayerColumns {
  const bytes = readWhole(file);
  const columns = decodeColumns(bytes);
  if (columns !== null) return new LayerColumns(columns);
  throw new LabError("damaged", `damaged layer index, or one of another version: ${file}`, {
    hint: "delete it; it is made again from the layer",
  });
}

/** The index, or null when there is none that can be used, for whatever reason. */
export function openIndexFile(file: string): LayerColumns | null {
  try {
    return readIndexFile(file);
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}

function readWhole(file: string): Uint8Array<ArrayBuffer> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw new LabError("blob-missing", `no layer index at ${file}`, { cause: error });
  }
  try {
    // An ArrayBuffer of its own, so that every column is aligned.
    const bytes = new Uint8Array(fstatSync(descriptor).size);
    let fill = 0;
    while (fill < bytes.length) {
      const count = readSync(descriptor, bytes, fill, bytes.length - fill, fill);
      if (count === 0) break;
      fill += count;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Writes an index under a temporary name and renames it. */
export async function writeIndexFile(file: string, index: LayerIndex): Promise<void> {
  await writeIndexBytes(file, encodeColumns(columnsOf(index).data));
}

/** @throws LabError `disk-full`, `cache-not-writable`. */
export async function writeIndexBytes(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(file), temporaryName());
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
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
