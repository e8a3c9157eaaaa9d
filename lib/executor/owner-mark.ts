/** Which process made something in an engine or a cluster, so that what was left behind can be told from what is in use. */

import { readlinkSync } from "node:fs";
import * as z from "zod/mini";
import { isAlive, ownIdentity } from "../store/process-identity.ts";

const ownerForm = z.object({
  pid: z.int(),
  startTicks: z.nullable(z.string()),
  host: z.string(),
  pidNamespace: z.string(),
});

/** This process, as text. */
export function ownerMark(): string {
  return JSON.stringify({ ...ownIdentity(), pidNamespace: pidNamespace() });
}

/** Whether the process of a mark has certainly ended: false for another machine's, which cannot be asked, and for what is no mark. */
export function hasOwnerEnded(mark: string | undefined): boolean {
  try {
    const owner = ownerForm.parse(JSON.parse(mark ?? "null"));
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
