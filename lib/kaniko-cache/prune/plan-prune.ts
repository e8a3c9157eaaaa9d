/**
 * What can be removed from a cache folder, and why. Pure: from what lies there and what the records tell to a list; nothing
 * is removed that a kept build names, and nothing that nobody here has ever named.
 */

import { layersOfBuild } from "../../compare/layer-sharing.ts";
import type { BuildRecord } from "../../model/build.ts";
import type { Digest } from "../../model/digest.ts";
import { type CacheEntry, nameOfEntry } from "../cache-entry.ts";
import { EntryUses, expiryOf } from "../entry-use.ts";

/** A file of the cache folder that goes with a layer. */
export interface LayerFile {
  readonly kind: "layer" | "index" | "listing" | "folder" | "seek";
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface BuildFolder {
  readonly record: BuildRecord;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface PruneState {
  /** Newest first. */
  readonly builds: readonly BuildFolder[];
  readonly entries: readonly CacheEntry[];
  readonly files: readonly LayerFile[];
  readonly nowMs: number;
}

/** Which entries and builds go. Where nothing is chosen, `expired` is. */
export interface PruneRules {
  /** Entries that were neither made nor used for so long. */
  readonly olderThanMs: number | null;
  /** What all entries together may take; the one that was not used for longest goes first. */
  readonly maxSizeBytes: number | null;
  /** Entries that no kept build made or used. */
  readonly unused: boolean;
  /** Entries that Kaniko takes no more: too old for it, or damaged. */
  readonly expired: boolean;
  /** So many of the latest builds stay; those with a name always do. */
  readonly keepBuilds: number | null;
}

export interface PruneItem {
  readonly kind: "layer-cache" | "base-image" | "build" | LayerFile["kind"];
  /** Key, digest or id. */
  readonly name: string;
  /** Of an entry in a registry what commands open it by. */
  readonly path: string;
  readonly sizeBytes: number;
  /** As it is told to the user. */
  readonly why: string;
}

export interface PrunePlan {
  /** In the order in which they are to be removed: a record after the layers that it names. */
  readonly items: readonly PruneItem[];
  /** Layers that no record and no entry names: perhaps put there by hand, so they stay. */
  readonly unknown: readonly LayerFile[];
}

/** An index can be of an image elsewhere: of those that cannot be told, only what was made so long ago goes. */
const oldIndexMs = 30 * 86_400_000;

export function planPrune(state: PruneState, rules: PruneRules): PrunePlan {
  const isGoing = buildsThatGo(state.builds, rules.keepBuilds);
  const kept = state.builds.filter(build => !isGoing(build)).map(build => build.record);
  const gone = state.builds.filter(isGoing);
  const entries = entriesThatGo(state, rules, new EntryUses(kept));
  const going = new Set(entries.map(({ entry }) => entry));
  const named = new Set(kept.flatMap(record => [...layersOfBuild(record).keys()]));
  const onceNamed = new Set([
    ...gone.flatMap(({ record }) => [...layersOfBuild(record).keys()]),
    ...state.entries.flatMap(layersOfEntry),
  ]);
  const layers = state.files.filter(file => file.kind === "layer" && !named.has(file.digest));
  const goneLayers = layers.filter(file => onceNamed.has(file.digest));
  const stay = new Set([
    ...named,
    ...layers.filter(file => !onceNamed.has(file.digest)).map(file => file.digest),
    ...state.entries.filter(entry => !going.has(entry)).flatMap(layersOfEntry),
  ]);
  return {
    items: [
      ...entries.map(({ entry, why }) => entryItem(entry, why)),
      ...goneLayers.map(file => fileItem(file, "no kept build has this layer")),
      ...indexesThatGo(state, stay, onceNamed),
      ...gone.map(({ record, path, sizeBytes }) => ({
        kind: "build" as const,
        name: record.id,
        path,
        sizeBytes,
        why: `older than the ${rules.keepBuilds} builds to keep`,
      })),
    ],
    unknown: layers.filter(file => !onceNamed.has(file.digest)),
  };
}

function buildsThatGo(builds: readonly BuildFolder[], keep: number | null): (build: BuildFolder) => boolean {
  if (keep === null) return () => false;
  const old = new Set(builds.slice(keep).filter(({ record }) => record.name === null && record.status !== "running"));
  return build => old.has(build);
}

interface GoingEntry {
  readonly entry: CacheEntry;
  readonly why: string;
}

function entriesThatGo(state: PruneState, rules: PruneRules, uses: EntryUses): GoingEntry[] {
  const { nowMs } = state;
  const going = new Map<CacheEntry, string>();
  for (const entry of state.entries) {
    const why = reasonFor(entry, rules, uses, nowMs);
    if (why !== null) going.set(entry, why);
  }
  if (rules.maxSizeBytes !== null) {
    const staying = state.entries.filter(entry => !going.has(entry));
    let sizeBytes = staying.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    for (const entry of staying.sort((one, other) => lastUsedMs(one, uses) - lastUsedMs(other, uses))) {
      if (sizeBytes <= rules.maxSizeBytes) break;
      going.set(entry, "too large together, and not used for longest");
      sizeBytes -= entry.sizeBytes;
    }
  }
  return [...going].map(([entry, why]) => ({ entry, why }));
}

function reasonFor(entry: CacheEntry, rules: PruneRules, uses: EntryUses, nowMs: number): string | null {
  const known = uses.of(entry);
  if (rules.expired && entry.damage !== null) return "damaged";
  if (rules.expired && expiryOf(entry, known, nowMs).isExpired) return "expired";
  if (rules.unused && known.every(use => use.how === "known")) return "no kept build made or used it";
  if (rules.olderThanMs !== null && nowMs - lastUsedMs(entry, uses) > rules.olderThanMs) return "not used for so long";
  return null;
}

/** When it was made, or last used by a build that is kept. */
function lastUsedMs(entry: CacheEntry, uses: EntryUses): number {
  const times = uses.of(entry).flatMap(({ build, how }) => (how === "known" ? [] : [Date.parse(build.startedAt)]));
  return Math.max(entry.createdAt === null ? 0 : Date.parse(entry.createdAt), ...times.filter(Number.isFinite));
}

function layersOfEntry(entry: CacheEntry): readonly Digest[] {
  if (entry.kind === "base-image") return entry.layers ?? [];
  return entry.layer === null ? [] : [entry.layer.digest];
}

function indexesThatGo(
  { files, nowMs }: PruneState,
  stay: ReadonlySet<Digest>,
  onceNamed: ReadonlySet<Digest>,
): PruneItem[] {
  return files.flatMap(file => {
    if (file.kind === "layer" || stay.has(file.digest)) return [];
    const isOurs = file.kind === "listing" || onceNamed.has(file.digest);
    if (!isOurs && nowMs - file.modifiedMs <= oldIndexMs) return [];
    return [fileItem(file, "its layer is not here")];
  });
}

function entryItem(entry: CacheEntry, why: string): PruneItem {
  const kind = entry.kind === "layer" ? "layer-cache" : "base-image";
  return { kind, name: nameOfEntry(entry), path: entry.path ?? entry.target, sizeBytes: entry.sizeBytes, why };
}

function fileItem({ kind, digest, path, sizeBytes }: LayerFile, why: string): PruneItem {
  return { kind, name: digest, path, sizeBytes, why };
}
