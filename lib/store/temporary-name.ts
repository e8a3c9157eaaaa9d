/** Names for what is not complete yet: they tell who writes it, so that what a killed process left can be removed. */

import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { isAlive, ownIdentity } from "./process-identity.ts";

const form = /^\.new-([0-9a-f]{8})-(\d{1,10})-(\d{1,20}|x)-[0-9a-f]{12}$/;

/** `.new-<hash of the host's name>-<process>-<its start>-<random>` */
export function temporaryName(): string {
  const { pid, startTicks } = ownIdentity();
  return `.new-${hostHash()}-${pid}-${startTicks ?? "x"}-${randomBytes(6).toString("hex")}`;
}

/** Whether a name is a temporary one of this host whose process has ended: another host's processes cannot be asked. */
export function isAbandonedName(name: string): boolean {
  const match = form.exec(name);
  if (!match || match[1] !== hostHash()) return false;
  const startTicks = match[3] === "x" ? null : (match[3] as string);
  return !isAlive({ pid: Number(match[2]), startTicks, host: hostname() });
}

/** A hash, as a host's name may hold anything and be long. */
function hostHash(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}
