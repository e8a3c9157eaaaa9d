/** A context folder on this machine as the executor will see it. Nothing outside of it is read. */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { type ContextReader, type SourceFile, Unknown } from "../cache-key/context-reader.ts";
import type { OwnerMapping } from "../cache-key/owner-mapping.ts";
import { errnoOf, messageOf } from "../error.ts";
import { bytesOfPath, pathFromBytes } from "../model/path-text.ts";

const slash = Buffer.from("/");
/** As the kernel counts. */
const mostLinks = 40;

export interface DiskContextOptions {
  /** Absolute. */
  readonly folder: string;
  readonly owners: OwnerMapping;
  readonly signal: AbortSignal;
}

export class DiskContext implements ContextReader {
  readonly #folder: Buffer;
  readonly #owners: OwnerMapping;
  readonly #signal: AbortSignal;
  readonly #hashes = new Map<string, string>();

  constructor(options: DiskContextOptions) {
    this.#folder = Buffer.from(options.folder);
    this.#owners = options.owners;
    this.#signal = options.signal;
  }

  async stat(path: string): Promise<SourceFile | null | Unknown> {
    const real = await this.#real(path);
    if (real === null || real instanceof Unknown) return real;
    try {
      const file = this.#file(real);
      const stats = await lstat(file);
      const owner = this.#owners({ uid: stats.uid, gid: stats.gid });
      if (owner === null) return new Unknown("which owners the executor will see is not known");
      const type = stats.isFile() ? "file" : stats.isDirectory() ? "dir" : stats.isSymbolicLink() ? "symlink" : "other";
      const linkTarget = type === "symlink" ? pathFromBytes(await readlink(file, { encoding: "buffer" })) : null;
      return { type, mode: stats.mode, ...owner, linkTarget };
    } catch (error) {
      return absentOr(error);
    }
  }

  async names(folder: string): Promise<readonly string[] | Unknown> {
    const real = await this.#real(folder);
    if (real === null) return [];
    if (real instanceof Unknown) return real;
    try {
      const names = await readdir(this.#file(real), { encoding: "buffer" });
      return names.sort(Buffer.compare).map(pathFromBytes);
    } catch (error) {
      return absentOr(error) ?? [];
    }
  }

  async hash(path: string, prefix: string): Promise<string | Unknown> {
    const real = await this.#real(path);
    if (real === null) return new Unknown(`${path} is gone`);
    if (real instanceof Unknown) return real;
    try {
      // O_NONBLOCK: what became a pipe meanwhile must not hold anything up.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      await using handle = await open(this.#file(real), flags);
      const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
      const memo = `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs} ${prefix}`;
      const known = this.#hashes.get(memo);
      if (known !== undefined) return known;
      const md5 = createHash("md5").update(prefix);
      const content = handle.createReadStream({ autoClose: false, highWaterMark: 1 << 18, signal: this.#signal });
      for await (const chunk of content) md5.update(chunk as Buffer);
      const hash = md5.digest("hex");
      this.#hashes.set(memo, hash);
      return hash;
    } catch (error) {
      this.#signal.throwIfAborted();
      return new Unknown(`${path} cannot be read: ${messageOf(error)}`);
    }
  }

  #file(path: string): Buffer {
    return path === "" ? this.#folder : Buffer.concat([this.#folder, slash, bytesOfPath(path)]);
  }

  /** The path with the links of the folders above followed, as long as they stay in the context. */
  async #real(path: string): Promise<string | null | Unknown> {
    this.#signal.throwIfAborted();
    const pending = path
      .split("/")
      .filter(name => name !== "")
      .reverse();
    const names: string[] = [];
    let links = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === ".") continue;
      if (name === "..") {
        if (names.length === 0) return new Unknown(`${path} leads out of the context`);
        names.pop();
        continue;
      }
      names.push(name);
      if (pending.length === 0) break;
      const target = await this.#linkAt(names.join("/"));
      if (target === null) continue;
      links += 1;
      if (links > mostLinks) return null;
      if (target.startsWith("/"))
        return new Unknown(`${path} leads out of the context: a folder is a link to ${target}`);
      names.pop();
      pending.push(
        ...target
          .split("/")
          .filter(part => part !== "")
          .reverse(),
      );
    }
    return names.join("/");
  }

  async #linkAt(path: string): Promise<string | null> {
    try {
      return pathFromBytes(await readlink(this.#file(path), { encoding: "buffer" }));
    } catch {
      return null;
    }
  }
}

function absentOr(error: unknown): null | Unknown {
  const errno = errnoOf(error);
  return errno === "ENOENT" || errno === "ENOTDIR" ? null : new Unknown(messageOf(error));
}
