/** Names for what is not complete yet: they tell who writes it, so that what a killed process left can be removed. */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { isAlive, ownIdentity } from "./process-identity.ts";

const form = /^\.new-(\d{1,10})-(\d{1,20}|x)-[0-9a-f]{12}$/;

/** `.new-<process>-<its start>-<random>` */
export function temporaryName(): string {
  const { pid, startTicks } = ownIdentity();
  return `.new-${pid}-${startTicks ?? "x"}-${randomBytes(6).toString("hex")}`;
}

/** Whether a name is a temporary one whose process has ended. */
export function isAbandonedName(name: string): boolean {
  const match = form.exec(name);
  if (!match) return false;
  const startTicks = match[2] === "x" ? null : (match[2] as string);
  return !isAlive({ pid: Number(match[1]), startTicks, host: hostname() });
}
