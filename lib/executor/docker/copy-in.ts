import type { Stats } from "node:fs";
import { constants, lstat, open, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Pack } from "tar-stream";
import { LabError, messageOf } from "../../error.ts";

export interface CopyInOptions {
  /** Left out with everything below it. Gets the path below the copied folder, `/` between names. */
  readonly skip?: (relative: string, isFolder: boolean) => boolean;
  /** A file that is packed without its content: only that it is there counts. */
  readonly isEmptied?: (relative: string) => boolean;
  /** Told of each file, folder and link that is packed. */
  readonly onNode?: (name: string, stats: Stats) => void;
  /** Files larger than this are left out. */
  readonly maxFileBytes?: number;
  readonly onBytes: (count: number) => void;
}

/**
 * Packs everything below a folder, in the order of names, with numeric owners, modes and times as they are. Links are
 * packed as links, never followed; sockets are left out.
 *
 * @param prefix path of the folder in the tar, "" or ending in `/`
 * @throws LabError `unsafe` for a name that is not UTF-8, `context-not-found` when a file cannot be read or changes meanwhile.
 */
export async function packFolder(tar: Pack, folder: string, prefix: string, options: CopyInOptions): Promise<void> {
  for (const name of await readNames(folder)) {
    const file = path.join(folder, name);
    const stats = await lstat(file, { bigint: false });
    if (options.skip?.(`${prefix}${name}`, stats.isDirectory())) continue;
    await packNode(tar, file, `${prefix}${name}`, stats, options);
    if (stats.isDirectory()) await packFolder(tar, file, `${prefix}${name}/`, options);
  }
}

/** Packs one file, folder (alone) or link. */
export async function packNode(
  tar: Pack,
  file: string,
  name: string,
  stats: Stats,
  options: CopyInOptions,
): Promise<void> {
  const common = ownership(name, stats);
  options.onNode?.(name, stats);
  if (stats.isDirectory()) return void tar.entry({ ...common, type: "directory" });
  if (stats.isSymbolicLink()) return void tar.entry({ ...common, type: "symlink", linkname: await readlink(file) });
  if (stats.isFIFO()) return void tar.entry({ ...common, type: "fifo" });
  if (stats.isFile() && options.isEmptied?.(name))
    return void tar.entry({ ...common, type: "file", size: 0 }).end(null);
  if (stats.isFile() && stats.size <= (options.maxFileBytes ?? Number.POSITIVE_INFINITY)) {
    await packFile(tar, file, common, options);
  }
}

async function packFile(
  tar: Pack,
  file: string,
  common: ReturnType<typeof ownership>,
  options: CopyInOptions,
): Promise<void> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      // Of the open file: the tar's header has to tell the size of just these bytes.
      const { size } = await handle.stat();
      const entry = tar.entry({ ...common, type: "file", size });
      if (size === 0) {
        entry.end(null);
        return;
      }
      const content = handle.createReadStream({ end: size - 1, autoClose: false, highWaterMark: 1 << 18 });
      content.on("data", chunk => options.onBytes(chunk.length));
      await pipeline(content, entry);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new LabError("context-not-found", `cannot copy ${file} to the engine: ${messageOf(error)}`, {
      hint: "can this user read it, and did it change meanwhile?",
      cause: error,
    });
  }
}

/** Ids above what the old header fields hold, and parts of a second, go into PAX records. */
export const maxOctalId = 0o7777777;

function ownership(name: string, stats: Stats) {
  const pax: Record<string, string> = {};
  if (stats.uid > maxOctalId) pax.uid = String(stats.uid);
  if (stats.gid > maxOctalId) pax.gid = String(stats.gid);
  if (!Number.isInteger(stats.mtimeMs / 1000)) pax.mtime = (stats.mtimeMs / 1000).toFixed(6);
  const uid = Math.min(stats.uid, maxOctalId);
  const gid = Math.min(stats.gid, maxOctalId);
  const header = { name, mode: stats.mode & 0o7777, uid, gid, mtime: stats.mtime };
  return Object.keys(pax).length === 0 ? header : { ...header, pax };
}

async function readNames(folder: string): Promise<string[]> {
  const names = await readdir(folder, { encoding: "buffer" });
  return names.map(name => decodeName(name, folder)).sort((a, b) => (a < b ? -1 : 1));
}

function decodeName(name: Buffer, folder: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw new LabError("unsafe", `a name in ${folder} is not UTF-8: ${JSON.stringify(name.toString("latin1"))}`, {
      hint: "such files cannot be sent to an engine on another machine: rename it, or build on this machine",
    });
  }
}
