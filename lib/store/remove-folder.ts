import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../error.ts";

/**
 * Removes a file or a folder with everything below, also folders that a build made unwritable; links are removed, not
 * followed. Does nothing when there is none.
 * @throws the errno of the file system, when something below belongs to somebody else.
 */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== "EACCES" && errnoOf(error) !== "EPERM") throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Names can only be taken out of folders that their owner may read, write and enter. */
async function makeWritable(path: string): Promise<void> {
  const found = await lstat(path);
  const folders = found.isDirectory() ? [path] : [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const { mode } = await lstat(folder);
    if ((mode & 0o700) !== 0o700) await chmod(folder, (mode & 0o7777) | 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
  }
}
