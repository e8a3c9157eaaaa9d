import { mappedOwners, type OwnerMapping, sameOwners } from "../cache-key/owner-mapping.ts";
import { inspectHost } from "../executor/sandbox/host.ts";
import type { DriverName } from "../model/build.ts";

/** How a driver presents owners of the context to the executor. @throws LabError `sandbox-unavailable` */
export async function ownersOf(driver: DriverName): Promise<OwnerMapping> {
  if (driver === "docker") return sameOwners;
  const { isRoot, uidMap, gidMap } = await inspectHost();
  return isRoot ? sameOwners : mappedOwners(uidMap, gidMap);
}
