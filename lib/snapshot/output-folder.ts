import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { bytesOfPath, showText } from "../model/path-text.ts";
import type { TreeNode } from "../model/snapshot.ts";

/** What a file or folder gets besides its content. */
export type Looks = Pick<TreeNode, "mode" | "uid" | "gid" | "mtimeNs">;

const slash = Buffer.from("/");

/**
 * A folder that takes the files of a snapshot and is never left: every parent is checked to be a real folder, files and
 * links are made under a temporary name that must not exist and renamed, nothing is ever written through a link.
 * File-system calls are synchronous: for thousands of small files that is several times faster.
 */
export class OutputFolder {
  readonly #root: Buffer;
  readonly #preserveOwner: boolean;
  /** Clean paths below the root that are known to be folders, not links to some. */
  readonly #folders = new Set<string>([""]);
  readonly #prefix = `.klab-${randomBytes(6).toString("hex")}-`;
  #temporaries = 0;

  /** Makes the folder when it is not there. */
  constructor(folder: string, preserveOwner: boolean) {
    this.#preserveOwner = preserveOwner;
    guarded("", () => mkdirSync(folder, { recursive: true }));
    this.#root = realpathSync(folder, { encoding: "buffer" });
  }

  /** @returns whether the folder was made now; its parents are made as needed. */
  makeFolder(path: string): boolean {
    if (this.#folders.has(path)) return false;
    this.#makeParents(path);
    const made = guarded(path, () => this.#makeOne(path));
    this.#folders.add(path);
    return made;
  }

  #makeParents(path: string): void {
    const end = path.lastIndexOf("/");
    if (end > 0) this.makeFolder(path.slice(0, end));
  }

  #makeOne(path: string): boolean {
    const place = this.#place(path);
    try {
      mkdirSync(place, 0o700);
      return true;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    if (!lstatSync(place).isDirectory()) throw inTheWay(path, "what is no folder (perhaps a link)");
    return false;
  }

  /** Starts a file; the caller writes and then finishes or discards it. */
  createFile(path: string): OutputFile {
    this.#makeParents(path);
    const temporary = this.#temporary(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const descriptor = guarded(path, () => openSync(temporary, flags, 0o600));
    return new OutputFile(path, temporary, this.#place(path), descriptor, this.#preserveOwner);
  }

  createSymlink(path: string, target: string, looks: Looks): void {
    this.#makeParents(path);
    const temporary = this.#temporary(path);
    guarded(path, () => {
      symlinkSync(bytesOfPath(target), temporary);
      if (this.#preserveOwner) lchownSync(temporary, looks.uid, looks.gid);
      lutimesSync(temporary, secondsOf(looks), secondsOf(looks));
      replace(path, temporary, this.#place(path));
    });
  }

  /** Another name for a file that was made here. */
  createHardLink(path: string, existing: string): void {
    this.#makeParents(path);
    const temporary = this.#temporary(path);
    guarded(path, () => {
      linkSync(this.#place(existing), temporary);
      replace(path, temporary, this.#place(path));
    });
  }

  /** Gives a folder that was made here its mode, owner and time: after everything in it was written. */
  finishFolder(path: string, looks: Looks): void {
    const place = this.#place(path);
    guarded(path, () => {
      if (this.#preserveOwner) chownSync(place, looks.uid, looks.gid);
      chmodSync(place, this.#preserveOwner ? looks.mode : looks.mode & 0o1777);
      utimesSync(place, secondsOf(looks), secondsOf(looks));
    });
  }

  #place(path: string): Buffer {
    return Buffer.concat([this.#root, slash, bytesOfPath(path)]);
  }

  #temporary(path: string): Buffer {
    this.#temporaries += 1;
    return this.#place(`${path.slice(0, path.lastIndexOf("/") + 1)}${this.#prefix}${this.#temporaries}`);
  }
}

/** A file in the making, under a temporary name until it is finished. */
export class OutputFile {
  readonly #path: string;
  readonly #temporary: Buffer;
  readonly #place: Buffer;
  readonly #descriptor: number;
  readonly #preserveOwner: boolean;

  constructor(path: string, temporary: Buffer, place: Buffer, descriptor: number, preserveOwner: boolean) {
    this.#path = path;
    this.#temporary = temporary;
    this.#place = place;
    this.#descriptor = descriptor;
    this.#preserveOwner = preserveOwner;
  }

  write(bytes: Uint8Array, offset: number): void {
    guarded(this.#path, () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
      }
    });
  }

  /** Holes at the end count, too. */
  finish(sizeBytes: number, looks: Looks): void {
    guarded(this.#path, () => {
      ftruncateSync(this.#descriptor, sizeBytes);
      if (this.#preserveOwner) fchownSync(this.#descriptor, looks.uid, looks.gid);
      fchmodSync(this.#descriptor, this.#preserveOwner ? looks.mode : looks.mode & 0o1777);
      futimesSync(this.#descriptor, secondsOf(looks), secondsOf(looks));
      closeSync(this.#descriptor);
      replace(this.#path, this.#temporary, this.#place);
    });
  }

  /** After a failure, also one of `finish`. */
  discard(): void {
    for (const clean of [() => closeSync(this.#descriptor), () => unlinkSync(this.#temporary)]) {
      try {
        clean();
      } catch {
        // It is closed or renamed already.
      }
    }
  }
}

/** Renames over a file or link that may be there; a folder is never replaced. */
function replace(path: string, temporary: Buffer, place: Buffer): void {
  try {
    renameSync(temporary, place);
    // Renaming one name of a file over another one of the same file does nothing.
    if (exists(temporary)) unlinkSync(temporary);
  } catch (error) {
    unlinkSync(temporary);
    if (exists(place)?.isDirectory()) throw inTheWay(path, "a folder");
    throw error;
  }
}

function exists(place: Buffer): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: false });
}

function secondsOf(looks: Looks): number {
  return Number(looks.mtimeNs) / 1e9;
}

function inTheWay(path: string, what: string): LabError {
  return new LabError("unsafe", `cannot write ${showText(path)}: ${what} of this name is in the way`, {
    hint: "extract into an empty folder",
  });
}

const reasons: Readonly<Record<string, ConstructorParameters<typeof LabError>[0]>> = {
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  ENAMETOOLONG: "too-large",
  EFBIG: "too-large",
};

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof LabError || errno === undefined) throw error;
    const what = path === "" ? "the folder" : showText(path);
    throw new LabError(reasons[errno] ?? "usage", `cannot write ${what}: ${messageOf(error)}`, {
      hint: errno === "EPERM" ? "only root can give files to other owners" : undefined,
      cause: error,
    });
  }
}
