import type { Mount } from "../port.ts";
import type { SandboxHost } from "./host.ts";
import { runOverLentIds } from "./namespaces.ts";

/**
 * Gives the calling user what a build left in writable mounts under lent ids. What has another owner or group of the
 * machine stays: inside, those look like 65534.
 */
export async function takeBackMounts(host: SandboxHost, mounts: readonly Mount[]): Promise<void> {
  if (host.isRoot) return;
  const folders = mounts.filter(mount => !mount.readOnly).map(mount => mount.hostPath);
  if (folders.length === 0) return;
  const foreignOwner = ["(", "!", "-uid", "0", "!", "-uid", "65534", ")"];
  const foreignGroup = ["(", "-uid", "0", "!", "-gid", "0", "!", "-gid", "65534", ")"];
  await runOverLentIds(host, [
    ...["find", ...folders, "-xdev"],
    ...["(", ...foreignOwner, "-o", ...foreignGroup, ")", "-exec", "chown", "-h", "0:0", "{}", "+"],
  ]);
}
