/**
 * A folder for each run, below the driver's folder: `runs/<id>/` beside `runs/<id>.json`, which names the process that
 * owns it. The owner is written first and removed last, so that a folder without a living owner is always a leftover.
 */

import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../error.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "../../store/process-identity.ts";
import { storeError } from "../../store/store-error.ts";
import type { SandboxHost } from "./host.ts";
import { runOverLentIds } from "./namespaces.ts";

export interface RunFolder {
  readonly id: string;
  /** Canonical path. */
  readonly folder: string;
}

/** @throws LabError `cache-not-writable`, `disk-full` */
export async function createRunFolder(driverFolder: string): Promise<RunFolder> {
  const id = randomUUID();
  try {
    await mkdir(join(driverFolder, "runs"), { recursive: true });
    const runs = await realpath(join(driverFolder, "runs"));
    await writeFile(join(runs, `${id}.json`), JSON.stringify(ownIdentity()), { mode: 0o600 });
    const folder = join(runs, id);
    // Private: a build's secrets lie in its root.
    await mkdir(folder, { mode: 0o700 });
    return { id, folder };
  } catch (error) {
    throw storeError(error, driverFolder);
  }
}

/** Removes a run's folder with everything that belongs to lent ids. @throws LabError `cache-not-writable` */
export async function removeRunFolder(host: SandboxHost, run: RunFolder): Promise<void> {
  await refuseMountsBelow(run.folder);
  const { code, stderr } = await runOverLentIds(host, ["rm", "-rf", "--", run.folder]);
  if (code !== 0) {
    throw new LabError("cache-not-writable", `cannot remove ${run.folder}: ${stderr.trim().split("\n")[0]}`, {
      hint: "the next run in the sandbox tries again",
    });
  }
  await rm(`${run.folder}.json`, { force: true });
}

/** Removes what runs left whose process has ended without cleaning up. Never throws: a leftover must not stop a new run. */
export async function removeLeftovers(host: SandboxHost, driverFolder: string): Promise<void> {
  const runs = await realpath(join(driverFolder, "runs")).catch(() => null);
  if (runs === null) return;
  for (const name of await readdir(runs)) {
    if (!name.endsWith(".json") || (await hasLivingOwner(join(runs, name)))) continue;
    const id = name.slice(0, -".json".length);
    await removeRunFolder(host, { id, folder: join(runs, id) }).catch(() => {});
  }
}

const dayMs = 24 * 60 * 60 * 1000;

async function hasLivingOwner(file: string): Promise<boolean> {
  try {
    return isAlive(JSON.parse(await readFile(file, "utf8")) as ProcessIdentity);
  } catch {
    // Just being written, or cut off by a full disk.
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < dayMs;
  }
}

/** A run's mounts are private to its namespace. Should one ever be seen from here, removing would reach through it. */
async function refuseMountsBelow(folder: string): Promise<void> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const point = mounts
    .split("\n")
    .map(line => line.split(" ")[4] ?? "")
    .find(path => path === folder || path.startsWith(`${folder}/`));
  if (point === undefined) return;
  throw new LabError("cache-not-writable", `something is mounted at ${point}`, { hint: `run: umount ${point}` });
}
