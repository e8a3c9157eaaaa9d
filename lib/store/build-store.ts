/**
 * The builds of a cache folder. `builds/<id>/` holds
 *
 *     build.json       the record (model/build.ts), replaced as a whole
 *     owner.json       the process that runs the build; gone when it has ended
 *     Dockerfile       as it was built
 *     context.ndjson   the files of the context, see context/context-listing.ts
 *     events.ndjson    one BuildEvent per line
 *     executor.log     what the executor printed, without its bulky debug lines
 *     manifest.json    of the image, when there is one
 *     config.json      of the image, when there is one
 *     out/             what the executor writes; gone when the layers are collected
 */

import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { BuildRecord } from "../model/build.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { isAlive, ownIdentity } from "./process-identity.ts";
import { checkRecord } from "./record-shape.ts";
import { removeFolder } from "./remove-folder.ts";
import { readError, storeError } from "./store-error.ts";
import { temporaryName } from "./temporary-name.ts";

const ownerShape = z.object({ pid: z.int().check(z.positive()), startTicks: z.nullable(z.string()), host: z.string() });

export class BuildStore {
  readonly #cache: CacheFolder;

  constructor(cache: CacheFolder) {
    this.#cache = cache;
  }

  /** Makes the folder of a new build, owned by this process, and gives its id: sortable by time, unique. */
  async create(startedAt: Date): Promise<string> {
    for (;;) {
      const id = newBuildId(startedAt);
      const folder = this.#cache.buildFolder(id);
      const temporary = join(this.#cache.builds, temporaryName());
      try {
        // A build folder is never seen without its owner: it would look like a leftover.
        await mkdir(temporary);
        await writeFile(join(temporary, "owner.json"), JSON.stringify(ownIdentity()));
        await rename(temporary, folder);
        return id;
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw storeError(error, folder);
      }
    }
  }

  /** Deletes a build; its layers stay. */
  async remove(id: string): Promise<void> {
    await removeFolder(this.#cache.buildFolder(id));
  }

  /** Gives up the ownership: the build has ended and its record says how. */
  async release(id: string): Promise<void> {
    await rm(join(this.#cache.buildFolder(id), "owner.json"), { force: true });
  }

  async write(record: BuildRecord): Promise<void> {
    await this.writeFile(record.id, "build.json", `${JSON.stringify(record, null, 1)}\n`);
  }

  async writeFile(id: string, name: string, content: string): Promise<void> {
    const file = join(this.#cache.buildFolder(id), name);
    // Here, as it loads Node's ciphers and threads, and a listing writes nothing.
    const { default: writeFileAtomic } = await import("write-file-atomic");
    try {
      await writeFileAtomic(file, content);
    } catch (error) {
      throw storeError(error, file);
    }
  }

  /** @throws LabError `unknown-target` when there is no record, `damaged` when it is none, `cache-unreadable` when it cannot be read. */
  async read(id: string): Promise<BuildRecord> {
    const file = join(this.#cache.buildFolder(id), "build.json");
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      // Only what is certainly not there is unknown: who gets this answer may clean up.
      if (errnoOf(error) !== "ENOENT") throw readError(error, file);
      throw new LabError("unknown-target", `there is no build ${id}`, {
        cause: error,
        hint: "kaniko-lab builds lists them",
      });
    }
    return this.#withTrueStatus(parseRecord(text, file, id));
  }

  /** All builds, newest first. Damaged records are left out and named in `damaged`. */
  async list(): Promise<{ builds: BuildRecord[]; damaged: string[] }> {
    const builds: BuildRecord[] = [];
    const damaged: string[] = [];
    for (const id of (await this.ids()).reverse()) {
      try {
        builds.push(await this.read(id));
      } catch (error) {
        // A build that is just being made has no record yet.
        if (!(error instanceof LabError && error.code === "unknown-target")) damaged.push(messageOf(error));
      }
    }
    return { builds, damaged };
  }

  /** Ids of all builds, oldest first. */
  async ids(): Promise<string[]> {
    try {
      const names = await readdir(this.#cache.builds);
      return names.filter(name => buildIdForm.test(name)).sort();
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return [];
      throw readError(error, this.#cache.builds);
    }
  }

  /** Puts a finished build folder (an import) in place under its id; does nothing when the build is there already. */
  async adopt(folder: string, id: string): Promise<void> {
    if (!buildIdForm.test(id)) throw new LabError("damaged", `not a build id: ${JSON.stringify(id)}`);
    try {
      await rename(folder, this.#cache.buildFolder(id));
    } catch (error) {
      if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST")
        throw storeError(error, this.#cache.buildFolder(id));
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** A record says `running` for ever when its process was killed: then it was cancelled. */
  async #withTrueStatus(record: BuildRecord): Promise<BuildRecord> {
    if (record.status !== "running" || (await this.isOwned(record.id))) return record;
    const failure = { message: "the process that ran this build is gone", step: null, exitCode: null };
    return { ...record, status: "cancelled", failure };
  }

  /** Ids of builds that have an owner which is gone: their process was killed, or the machine went down. */
  async abandoned(): Promise<string[]> {
    const abandoned: string[] = [];
    for (const id of await this.ids()) {
      if (!existsSync(join(this.#cache.buildFolder(id), "owner.json"))) continue;
      if (!(await this.isOwned(id))) abandoned.push(id);
    }
    return abandoned;
  }

  /** Whether a living process still runs this build; false only when it has certainly ended. */
  async isOwned(id: string): Promise<boolean> {
    let text: string;
    try {
      text = await readFile(join(this.#cache.buildFolder(id), "owner.json"), "utf8");
    } catch (error) {
      return errnoOf(error) !== "ENOENT";
    }
    const owner = ownerShape.safeParse(jsonOrNull(text));
    return owner.success && isAlive(owner.data);
  }
}

const buildIdForm = /^\d{8}-\d{6}-[a-z0-9]{4}$/;

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// In the order of their codes, so that ids sort as the numbers that they spell.
const digits32 = "23456789abcdefghijkmnpqrstuvwxyz";

/** `20261121-180032-b7xk`: the second, then two digits for its 1024th part and two of chance. */
function newBuildId(time: Date): string {
  const second = time.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const part = Math.floor((time.getUTCMilliseconds() * 1024) / 1000);
  const number = part * 1024 + randomInt(1024);
  const suffix = [15, 10, 5, 0].map(bits => digits32[(number >> bits) & 31]);
  return `${second}-${suffix.join("")}`;
}

/** @throws LabError `damaged` for what is no record, or that of another build. */
export function parseRecord(text: string, file: string, id: string): BuildRecord {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new LabError("damaged", `${file} is not JSON: ${messageOf(error)}`, {
      hint: "remove the folder of this build",
    });
  }
  const record = checkRecord(document);
  if (typeof record !== "string" && record.id === id) return record;
  const reason = typeof record === "string" ? record : `its id is ${JSON.stringify(record.id)}`;
  throw new LabError("damaged", `${file} is not a build record: ${reason}`, {
    hint: "remove the folder of this build, or update kaniko-lab when a newer version wrote it",
  });
}
