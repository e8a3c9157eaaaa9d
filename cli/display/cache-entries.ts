/** Entries of Kaniko's caches as tables and as JSON. */

import type { CacheEntry, LayerCacheEntry } from "../../lib/kaniko-cache/cache-entry.ts";
import { type EntryUse, type EntryUses, expiryOf } from "../../lib/kaniko-cache/entry-use.ts";
import type { ListedPlace } from "../../lib/kaniko-cache/list-caches.ts";
import { showText } from "../../lib/model/path-text.ts";
import { formatBytes, shortDigest } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

/** `5 m`, `3 h`, `2 d`: for ages, where nobody counts seconds. */
export function formatAge(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1) return "now";
  if (minutes < 60) return `${Math.floor(minutes)} m`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

/** Both caches of a place, each under its own name. */
export function listingLines(listed: ListedPlace, uses: EntryUses, output: Output, nowMs: number): string[] {
  const { layers, baseImages, place } = listed;
  const where = showText(place.name);
  const lines: string[] = [];
  if (layers.length > 0) {
    lines.push(output.style.bold(`layer cache ${where}: ${countOf(layers, "entry", "entries")}`));
    lines.push(...layerTable(layers, uses, output, nowMs));
  }
  if (baseImages.length > 0) {
    if (lines.length > 0) lines.push("");
    lines.push(output.style.bold(`base image cache ${where}: ${countOf(baseImages, "image", "images")}`));
    const rows = baseImages.map(entry => [
      ...commonCells(entry, uses, output, nowMs),
      entry.format === "layout" ? "folder" : "archive",
      entry.damage === null ? showText(imageName(entry, uses.of(entry))) : damageLabel(entry.damage),
    ]);
    const titles = ["DIGEST", "SIZE", "AGE", "EXPIRES", "BUILDS", "FORM", "IMAGE"];
    lines.push(...table(titles, rows, output));
  }
  return lines;
}

function layerTable(
  layers: readonly LayerCacheEntry[],
  uses: EntryUses,
  output: Output,
  nowMs: number,
): readonly string[] {
  const rows = layers.map(entry => [
    ...commonCells(entry, uses, output, nowMs),
    entry.damage === null ? showText(contentLabel(entry)) : damageLabel(entry.damage),
  ]);
  return table(["KEY", "SIZE", "AGE", "EXPIRES", "BUILDS", "INSTRUCTION"], rows, output);
}

function table(titles: readonly string[], rows: readonly string[][], { columns, style }: Output): readonly string[] {
  const right = ["SIZE", "AGE", "BUILDS"];
  const heads = titles.map(title => ({ title, align: right.includes(title) ? ("right" as const) : ("left" as const) }));
  return tableLines(heads, rows, columns, style.bold);
}

function commonCells(entry: CacheEntry, uses: EntryUses, output: Output, nowMs: number): string[] {
  const known = uses.of(entry);
  const name = entry.kind === "layer" ? entry.key : entry.digest;
  return [
    output.columns >= 140 ? name : shortDigest(name),
    formatBytes(entry.sizeBytes),
    entry.createdAt === null ? "" : formatAge(nowMs - Date.parse(entry.createdAt)),
    expiryLabel(entry, known, nowMs),
    known.length === 0 ? "none" : String(buildIds(known).length),
  ];
}

/** What is in an entry of the layer cache, as a line. */
function contentLabel(entry: LayerCacheEntry): string {
  return entry.pointsTo === null ? (entry.createdBy ?? "") : `points to ${shortDigest(entry.pointsTo)}`;
}

function damageLabel(damage: string): string {
  return `damaged: ${showText(damage)}`;
}

/** `in 13 d`, `expired`. */
export function expiryLabel(entry: CacheEntry, uses: readonly EntryUse[], nowMs: number): string {
  const { expiresAt, isExpired } = expiryOf(entry, uses, nowMs);
  if (isExpired) return "expired";
  return expiresAt === null ? "never" : `in ${formatAge(Date.parse(expiresAt) - nowMs)}`;
}

/** What the entry itself says, else what builds called the base that they found here. */
function imageName(entry: Extract<CacheEntry, { kind: "base-image" }>, uses: readonly EntryUse[]): string {
  return entry.imageName ?? uses[0]?.step.text.replace(/^FROM\s+/i, "") ?? "";
}

function countOf(entries: readonly CacheEntry[], one: string, many: string): string {
  const bytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  return `${entries.length} ${entries.length === 1 ? one : many}, ${formatBytes(bytes)}`;
}

export function buildIds(uses: readonly EntryUse[]): string[] {
  return [...new Set(uses.map(use => use.build.id))];
}

export function entryDocument(entry: CacheEntry, uses: readonly EntryUse[], nowMs: number): object {
  const { createdAt } = entry;
  const { expiresAt, isExpired, ttlMs } = expiryOf(entry, uses, nowMs);
  return {
    ...entry,
    ageMs: createdAt === null ? null : nowMs - Date.parse(createdAt),
    ttlMs,
    expiresAt,
    isExpired,
    isKnown: uses.length > 0,
    uses: uses.map(({ build, step, how }) => ({ build: build.id, step: step.number, how })),
  };
}
