import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Kaniko's layer cache on this machine and what of it a remote engine needs. Entries are folders `<name>:<key>`, each a
 * whole OCI layout that never changes while it is valid; Kaniko writes an entry again only when it has expired.
 */
export interface LayerCachePlan {
  /** Valid for long enough: kept in a volume of the engine, sent once. */
  readonly kept: readonly string[];
  /** May expire during the build and be written again: sent as ordinary folders, so that the new content comes back. */
  readonly ageing: readonly string[];
  /** Expired: Kaniko only reads their dates, so the layers themselves stay here. */
  readonly expired: readonly string[];
}

const entryForm = /^[A-Za-z0-9._-]+:[0-9a-f]{64}$/;

/** Clocks differ, and a build takes time. */
const marginMs = 3_600_000 * 2;

function isCacheEntry(name: string): boolean {
  return entryForm.test(name);
}

export async function planLayerCache(folder: string, ttlMs: number, nowMs = Date.now()): Promise<LayerCachePlan> {
  const plan = { kept: [] as string[], ageing: [] as string[], expired: [] as string[] };
  for (const name of (await readdir(folder)).filter(isCacheEntry).sort()) {
    const writtenMs = await writtenAt(path.join(folder, name));
    if (writtenMs === null) plan.ageing.push(name);
    else if (nowMs - writtenMs > ttlMs + marginMs) plan.expired.push(name);
    else if (nowMs - writtenMs > ttlMs - marginMs) plan.ageing.push(name);
    else plan.kept.push(name);
  }
  return plan;
}

/** When the entry was completed; null for one that is not whole. */
async function writtenAt(entry: string): Promise<number | null> {
  const stats = await stat(path.join(entry, "index.json")).catch(() => null);
  return stats?.mtimeMs ?? null;
}
