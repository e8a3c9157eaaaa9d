/** Which builds made and used the entries of Kaniko's caches, as their records tell. Pure. */

import { cacheTtlMs } from "../executor/docker/cache-ttl.ts";
import type { BuildRecord, Step } from "../model/build.ts";
import type { BaseImageEntry, CacheEntry } from "./cache-entry.ts";

/** A step that has to do with an entry. */
export interface EntryUse {
  readonly build: BuildRecord;
  readonly step: Step;
  /** `made`: the step ran under this key; `used`: it took the layer, or started from the base image; `known`: it only had the key, or started from the same image. */
  readonly how: "made" | "used" | "known";
}

/** Of many builds at once. `builds` is newest first, and so are the answers. */
export class EntryUses {
  readonly #byKey = new Map<string, EntryUse[]>();
  readonly #byBase = new Map<string, EntryUse[]>();

  constructor(builds: readonly BuildRecord[]) {
    for (const build of builds) for (const step of build.steps) this.#add(build, step);
  }

  #add(build: BuildRecord, step: Step): void {
    const { key } = step.cache;
    if (key !== null) push(this.#byKey, key, { build, step, how: howOf(step) });
    if (step.baseLayers.length > 0) push(this.#byBase, baseName(step.baseLayers), { build, step, how: "used" });
  }

  /** Records do not name the digest of a base image: it is known by its layers. */
  of(entry: CacheEntry): readonly EntryUse[] {
    if (entry.kind === "layer") return this.ofKey(entry.key);
    const builds = entry.layers === null ? [] : (this.#byBase.get(nameOfBase(entry)) ?? []);
    return builds.map(use => (couldRead(use.build, entry) ? use : { ...use, how: "known" }));
  }

  ofKey(key: string): readonly EntryUse[] {
    return this.#byKey.get(key) ?? [];
  }

  /** Every key that a record has. */
  get keys(): Iterable<string> {
    return this.#byKey.keys();
  }
}

function howOf(step: Step): EntryUse["how"] {
  if (step.cache.result === "hit") return "used";
  return step.status === "executed" ? "made" : "known";
}

const otherFamily = { layout: "upstream", archive: "fork" } as const;

/** Each family reads only the form of its own warmer, and only where it is told to look; else it fetches the image. */
function couldRead({ spec, executor }: BuildRecord, { format }: BaseImageEntry): boolean {
  return spec.flags.includes("--cache-dir") && executor.family !== otherFamily[format];
}

function push(map: Map<string, EntryUse[]>, name: string, use: EntryUse): void {
  const uses = map.get(name);
  if (uses) uses.push(use);
  else map.set(name, [use]);
}

function nameOfBase(entry: BaseImageEntry): string {
  return baseName((entry.layers ?? []).map(digest => ({ digest })));
}

function baseName(layers: readonly { readonly digest: string }[]): string {
  return layers.map(layer => layer.digest).join(" ");
}

export interface Expiry {
  /** ISO 8601; null for an entry without a time, which Kaniko never takes. */
  readonly expiresAt: string | null;
  readonly isExpired: boolean;
  readonly ttlMs: number;
}

/** How long an entry lives is for the build that looks it up to say: here the latest one that knows it, else Kaniko's 336 h. */
export function expiryOf(entry: CacheEntry, uses: readonly EntryUse[], nowMs: number): Expiry {
  const ttlMs = cacheTtlMs(uses[0]?.build.spec.flags ?? []);
  if (entry.createdAt === null) return { expiresAt: null, isExpired: true, ttlMs };
  const expiresMs = Date.parse(entry.createdAt) + ttlMs;
  // A time far off is more than a date can hold.
  if (!Number.isFinite(expiresMs) || Math.abs(expiresMs) > 8.64e15) return { expiresAt: null, isExpired: false, ttlMs };
  return { expiresAt: new Date(expiresMs).toISOString(), isExpired: expiresMs < nowMs, ttlMs };
}
