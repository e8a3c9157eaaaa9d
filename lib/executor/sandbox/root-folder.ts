/** The executor's root folder: the little it needs, and places to mount at. Nothing here follows a link of the root. */

import { constants } from "node:fs";
import { chmod, copyFile, lstat, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { errnoOf, LabError } from "../../error.ts";
import { certificateBundle } from "../minimal-root.ts";
import type { Mount } from "../port.ts";
import { markerPath } from "./setup-script.ts";

const rootFolders = ["/dev", "/proc", "/sys", "/etc", "/root", "/kaniko", "/workspace"];

/** A root with nothing but an executor from a file and this machine's certificates, as published images are. */
export async function createBinaryRoot(root: string, executorFile: string): Promise<void> {
  await ensureFolder(root, "/kaniko/ssl/certs");
  await copyFile(executorFile, join(root, "kaniko/executor"), constants.COPYFILE_FICLONE);
  await chmod(join(root, "kaniko/executor"), 0o755);
  await writeFile(join(root, "kaniko/ssl/certs/ca-certificates.crt"), await certificateBundle());
  await ensureFolder(root, "/etc");
  await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
}

/**
 * Makes what the set-up mounts at, and leaves the marker that the guard looks for.
 * @returns the mounts in the order to make them: parents first, the machine's name resolution before the request's.
 * @throws LabError `unsafe` when the root has a link where something is to be mounted, `usage` for a mount that cannot be
 */
export async function prepareRoot(
  root: string,
  marker: string,
  workingFolder: string,
  requested: readonly Mount[],
): Promise<Mount[]> {
  await chmod(root, 0o755);
  for (const folder of rootFolders) await ensureFolder(root, folder);
  await ensureFolder(root, "/tmp");
  await chmod(join(root, "tmp"), 0o1777);
  await rm(join(root, markerPath), { recursive: true, force: true });
  await writeFile(join(root, markerPath), `${marker}\n`);
  const mounts = [...(await nameResolution()), ...requested];
  for (const mount of mounts) checkMount(mount);
  mounts.sort((a, b) => a.path.split("/").length - b.path.split("/").length);
  for (const mount of mounts) await makeMountPoint(root, mount, mounts);
  await ensureFolder(root, workingFolder);
  return mounts;
}

/** This machine's own files. */
export async function nameResolution(): Promise<Mount[]> {
  const files = ["/etc/resolv.conf", "/etc/hosts"];
  const there = await Promise.all(files.map(file => stat(file).catch(() => null)));
  return files
    .filter((_, index) => there[index]?.isFile())
    .map(file => ({ hostPath: file, path: file, readOnly: true }));
}

function checkMount(mount: Mount): void {
  const clean = posix.normalize(mount.path) === mount.path && mount.path.startsWith("/") && !mount.path.endsWith("/");
  const taken = /^\/(dev|proc|sys)(\/|$)/.test(mount.path) || mount.path === "/kaniko" || mount.path === markerPath;
  if (clean && !taken) return;
  throw new LabError("usage", `the sandbox cannot mount anything at ${JSON.stringify(mount.path)}`);
}

export async function makeMountPoint(root: string, mount: Mount, all: readonly Mount[]): Promise<void> {
  const source = await stat(mount.hostPath).catch(error => {
    throw new LabError("usage", `cannot mount ${mount.hostPath}: it is not there`, { cause: error });
  });
  // Below another mount the place must be in what is mounted there.
  if (all.some(other => mount.path.startsWith(`${other.path}/`))) return;
  if (source.isDirectory()) return ensureFolder(root, mount.path);
  await ensureFolder(root, posix.dirname(mount.path));
  await rm(join(root, mount.path), { recursive: true, force: true });
  await writeFile(join(root, mount.path), "");
}

/** Makes a folder of the root and its parents. @throws LabError `unsafe` when one of them is a link or a file */
export async function ensureFolder(root: string, path: string): Promise<void> {
  let at = root;
  for (const name of path.split("/").filter(Boolean)) {
    if (name === "..") throw new LabError("unsafe", `${path} leads out of the executor's root`);
    at = join(at, name);
    const found = await lstatOrNull(at);
    if (found?.isDirectory()) continue;
    if (found) {
      throw new LabError("unsafe", `${at.slice(root.length)} in the executor's image is not a folder`, {
        hint: "use another executor image",
      });
    }
    await mkdir(at);
    // Whatever the umask says: the build's users pass through.
    await chmod(at, 0o755);
  }
}

async function lstatOrNull(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
