import { createHash, type Hash } from "node:crypto";
import { createWriteStream, type Stats } from "node:fs";
import { copyFile, lstat, mkdir, rename, rm, utimes } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { errnoOf, LabError } from "../../error.ts";
import { storeError } from "../../store/store-error.ts";
import { temporaryName } from "../../store/temporary-name.ts";

export interface CopyOutResult {
  readonly files: number;
  readonly sizeBytes: number;
  /** Links and devices that were left out: a link could lead a later reader to anywhere on this machine. */
  readonly leftOut: number;
}

export interface CopyOutOptions {
  /** Whether what is written replaces one file instead of filling a folder. */
  readonly isFile: boolean;
  readonly onBytes: (count: number) => void;
  /** Links with these targets are ours: neither written nor counted. */
  readonly isOwnLink: (target: string) => boolean;
  /** Told of each file that is whole here, by its name below the target. */
  readonly onFile?: (name: string) => void;
  /** Whether files of OCI layouts that are named by a digest must have it. */
  readonly checksBlobs?: boolean;
}

const maxEntries = 1_000_000;

/**
 * Writes what the engine sends of a writable mount below `target`, or onto it when it is a file. The archive is hostile:
 * nothing is written outside, no link is followed or made, and each file appears under its name only when it is whole.
 *
 * @throws LabError `unsafe` (a name that leads out, a link in the way), `too-large`, `disk-full`, `cache-not-writable`, `damaged`,
 *   `digest-mismatch`.
 */
export async function copyOut(archive: Readable, target: string, options: CopyOutOptions): Promise<CopyOutResult> {
  const writer = new InsideWriter(target, options);
  const entries = extract();
  const feeding = pipeline(archive, entries as unknown as NodeJS.WritableStream);
  feeding.catch(() => {});
  let count = 0;
  let leftOut = 0;
  for await (const entry of entries) {
    count += 1;
    if (count > maxEntries)
      throw new LabError("too-large", `the executor left more than ${maxEntries} files for ${target}`);
    const { header } = entry;
    const parts = partsInside(header.name, options.isFile);
    if (header.type === "directory" && !options.isFile) await writer.makeFolder(parts);
    else if (isContent(header)) await writer.writeFile(parts, entry as unknown as Readable, header);
    else if (header.type === "link" && !options.isFile)
      await writer.copyOf(parts, partsInside(header.linkname ?? "", false));
    else if (!(header.type === "symlink" && options.isOwnLink(header.linkname ?? ""))) leftOut += 1;
    entry.resume();
  }
  await feeding;
  return { files: writer.files, sizeBytes: writer.sizeBytes, leftOut };
}

function isContent(header: Header): boolean {
  return header.type === "file" || header.type === "contiguous-file";
}

/** The parts of a name below the folder that was asked for. */
function partsInside(name: string, isFile: boolean): string[] {
  const parts = name.split("/").filter(part => part !== "" && part !== ".");
  if (name.length > 4096 || parts.includes("..") || name.includes("\0")) {
    throw new LabError("unsafe", `the executor's output has an unsafe name: ${JSON.stringify(name.slice(0, 200))}`);
  }
  return isFile ? [] : parts;
}

/** Writes below one folder and nowhere else. */
class InsideWriter {
  readonly #target: string;
  /** Folders that were seen to be folders, not links. Nothing else writes here meanwhile. */
  readonly #known = new Set<string>([""]);
  files = 0;
  sizeBytes = 0;

  readonly #options: CopyOutOptions;

  constructor(target: string, options: CopyOutOptions) {
    this.#target = target;
    this.#options = options;
  }

  async makeFolder(parts: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const inside = parts.slice(0, depth).join("/");
      if (this.#known.has(inside)) continue;
      const folder = path.join(this.#target, inside);
      const stats = await lstatIfThere(folder);
      if (stats === null) await this.#storing(folder, () => mkdir(folder));
      else if (!stats.isDirectory()) throw inTheWay(folder);
      this.#known.add(inside);
    }
  }

  async writeFile(parts: readonly string[], content: Readable, header: Header): Promise<void> {
    await this.#put(parts, async temporary => {
      // At least readable and writable for us, whatever the executor chose; never setuid.
      const mode = ((header.mode ?? 0) & 0o777) | 0o600;
      const wanted = this.#options.checksBlobs ? blobDigest(parts) : null;
      const sha256 = wanted === null ? null : createHash("sha256");
      await pipeline(this.#counted(content, sha256), createWriteStream(temporary, { flags: "wx", mode }));
      if (sha256 && sha256.digest("hex") !== wanted) throw damagedOnTheWay(parts);
      if (header.mtime) await utimes(temporary, header.mtime, header.mtime);
    });
  }

  async *#counted(content: AsyncIterable<Buffer>, sha256: Hash | null): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of content) {
      this.sizeBytes += chunk.length;
      this.#options.onBytes(chunk.length);
      sha256?.update(chunk);
      yield chunk;
    }
  }

  /** A hard link of the archive: its file came before. */
  async copyOf(parts: readonly string[], source: readonly string[]): Promise<void> {
    const file = path.join(this.#target, ...source);
    if (!(await lstatIfThere(file))?.isFile()) throw inTheWay(file);
    await this.#put(parts, temporary => copyFile(file, temporary));
  }

  async #put(parts: readonly string[], write: (temporary: string) => Promise<void>): Promise<void> {
    await this.makeFolder(parts.slice(0, -1));
    const file = path.join(this.#target, ...parts);
    const temporary = path.join(path.dirname(file), temporaryName());
    try {
      await this.#storing(file, async () => {
        await write(temporary);
        await rename(temporary, file);
      });
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.files += 1;
    this.#options.onFile?.(parts.join("/"));
  }

  async #storing<T>(file: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw errnoOf(error) === "EISDIR" ? inTheWay(file) : storeError(error, file);
    }
  }
}

/** The hex digits that name a blob of an OCI layout; null for other files. */
function blobDigest(parts: readonly string[]): string | null {
  const [algorithm, hex] = parts.slice(-2);
  return parts.at(-3) === "blobs" && algorithm === "sha256" && /^[0-9a-f]{64}$/.test(hex ?? "")
    ? (hex as string)
    : null;
}

function damagedOnTheWay(parts: readonly string[]): LabError {
  return new LabError("digest-mismatch", `${parts.join("/")} of the executor's output does not have its digest`, {
    hint: "build again; if it stays, look at the disk where the executor ran",
  });
}

async function lstatIfThere(file: string): Promise<Stats | null> {
  try {
    return await lstat(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function inTheWay(file: string): LabError {
  return new LabError(
    "unsafe",
    `the executor's output cannot be kept: ${file} is a link or something else that is in the way`,
    {
      hint: "remove it and build again",
    },
  );
}
