import { readlinkSync } from "node:fs";
import * as z from "zod/mini";
import { isAlive, ownIdentity } from "../../store/process-identity.ts";

const markLabel = "kaniko-lab";
const ownerLabel = "kaniko-lab.owner";

/** Selects everything that this program made in an engine. */
export const ownFilter = `${markLabel}=1`;

/** Marks a container as made here, and by which process, so that one that was left behind can be told from one in use. */
export function ownerLabels(): Record<string, string> {
  return { [markLabel]: "1", [ownerLabel]: JSON.stringify({ ...ownIdentity(), pidNamespace: pidNamespace() }) };
}

/** Marks a volume that outlives runs. */
export function sharedLabels(): Record<string, string> {
  return { [markLabel]: "1" };
}

const ownerForm = z.object({
  pid: z.int(),
  startTicks: z.nullable(z.string()),
  host: z.string(),
  pidNamespace: z.string(),
});

/** Whether the process that made it has certainly ended. False for what others made, or what cannot be told from here. */
export function isOrphan(labels: Readonly<Record<string, string>>): boolean {
  if (labels[markLabel] !== "1") return false;
  try {
    const owner = ownerForm.parse(JSON.parse(labels[ownerLabel] ?? "null"));
    // A process id means something else in another container on the same host.
    return owner.pidNamespace === pidNamespace() && !isAlive(owner);
  } catch {
    return false;
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
