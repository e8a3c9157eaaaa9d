import { realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { errnoOf, LabError, messageOf } from "../../error.ts";
import type { Mount } from "../port.ts";

/** A mount whose source is there: an absolute path without links. */
export interface ResolvedMount extends Mount {
  readonly isFile: boolean;
}

/**
 * Looks at the sources of all mounts; parents come before what lies inside them.
 * @throws LabError `context-not-found` for a source that is not there, `usage` for a path that cannot be a mount.
 */
export async function resolveMounts(mounts: readonly Mount[]): Promise<ResolvedMount[]> {
  const resolved = await Promise.all(mounts.map(resolveMount));
  return resolved.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function resolveMount(mount: Mount): Promise<ResolvedMount> {
  const target = posix.normalize(mount.path).replace(/(?<=.)\/$/, "");
  if (!target.startsWith("/") || target === "/") {
    throw new LabError("usage", `cannot mount ${mount.hostPath} at ${mount.path}`, { hint: "name a folder below /" });
  }
  try {
    const hostPath = await realpath(mount.hostPath);
    const isFile = !(await stat(hostPath)).isDirectory();
    return { hostPath, path: target, readOnly: mount.readOnly, isFile };
  } catch (error) {
    const why = errnoOf(error) === "ENOENT" ? "there is no such file or folder" : messageOf(error);
    throw new LabError("context-not-found", `cannot mount ${mount.hostPath}: ${why}`, {
      hint: "look at the path",
      cause: error,
    });
  }
}
