import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Enough to tell later whether the very process that wrote this still lives. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, from /proc; null where there is no /proc. A pid alone is used again soon. */
  readonly startTicks: string | null;
  readonly host: string;
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid);
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicksOf(pid), host: hostname() };
}

/** False only when the process has certainly ended; a process of another machine counts as alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const now = startTicksOf(identity.pid);
  return identity.startTicks === null || now === null || now === identity.startTicks;
}

function startTicksOf(pid: number): string | null {
  try {
    // The second field, the name, may hold spaces and parentheses: count from its end. The start time is field 22.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
