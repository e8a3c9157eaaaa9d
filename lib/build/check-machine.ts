import { LabError, messageOf } from "../error.ts";
import type { ExecutorDriver } from "../executor/port.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

export interface Check {
  readonly name: string;
  readonly works: boolean;
  /** What is there, or what is missing. */
  readonly detail: string;
  /** What mends it; "" when nothing is to be done. */
  readonly hint: string;
}

/** Looks at everything a build needs; changes nothing but making the cache folder. */
export async function checkMachine(drivers: readonly ExecutorDriver[], cache: CacheFolder): Promise<Check[]> {
  const checks: Check[] = [
    { name: "node", works: true, detail: process.versions.node, hint: "" },
    await checkCache(cache),
  ];
  return [...checks, ...(await checkDrivers(drivers))];
}

/** In the order of the drivers. */
export async function checkDrivers(drivers: readonly ExecutorDriver[]): Promise<Check[]> {
  const found = await Promise.all(drivers.map(driver => driver.probe()));
  return found.map(({ available, detail, hint }, at) => ({
    name: (drivers[at] as ExecutorDriver).name,
    works: available,
    detail,
    hint,
  }));
}

async function checkCache(cache: CacheFolder): Promise<Check> {
  try {
    await cache.create();
    return { name: "cache", works: true, detail: cache.root, hint: "" };
  } catch (error) {
    const hint = error instanceof LabError ? (error.hint ?? "") : "";
    return { name: "cache", works: false, detail: messageOf(error), hint };
  }
}
