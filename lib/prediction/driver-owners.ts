import { mappedOwners, type OwnerMapping, sameOwners } from "../cache-key/owner-mapping.ts";
import { keepsOwners } from "../executor/docker/keeps-owners.ts";
import { inspectHost } from "../executor/sandbox/host.ts";
import type { DriverName } from "../model/build.ts";

/** How a driver presents owners of the context to the executor. @throws LabError `sandbox-unavailable`, `engine-unavailable` */
export async function ownersOf(driver: DriverName): Promise<OwnerMapping> {
  // Files are sent to a Pod with the numbers that they have.
  if (driver === "kubernetes") return sameOwners;
  if (driver === "docker") return (await keepsOwners()) ? sameOwners : () => null;
  const { isRoot, uidMap, gidMap } = await inspectHost();
  return isRoot ? sameOwners : mappedOwners(uidMap, gidMap);
}
