/** The entries of Kaniko's caches in the cache folder: what each is, how old, and which builds have to do with it. */

import { showText } from "../../../../lib/model/path-text.ts";
import { formatAge } from "../../../display/cache-entries.ts";
import { counted, formatBytes, shortDigest } from "../../../display/format.ts";
import { cutText } from "../../text/cells.ts";
import { type Row, span } from "../../text/spans.ts";
import type { ListView } from "../list-view.ts";
import type { CacheSheet } from "../sheet.ts";
import type { ListedEntry } from "./cache-data.ts";

export const cacheView: ListView<CacheSheet> = {
  title(_, { data, error }) {
    if (data === null) return [span("CACHE", "focused-title"), span(error === "" ? "  reading .." : "", "dim")];
    const sizeBytes = data.entries.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
    const unused = data.entries.filter(({ uses }) => uses.length === 0).length;
    return [
      span("CACHE ", "focused-title"),
      span(
        `${data.entries.length} ${data.entries.length === 1 ? "entry" : "entries"}  ${formatBytes(sizeBytes)}`,
        "bold",
      ),
      span(unused === 0 ? "" : `  ${unused} that no build here knows`, "dim"),
    ];
  },
  heads: () => [span("  KEY           KIND       SIZE   AGE  EXPIRES   BUILDS  INSTRUCTION", "title")],
  count: (_, { data }) => data?.entries.length ?? 0,
  row(_, { data }, at, selected) {
    const listed = data?.entries[at];
    if (!data || !listed) return [];
    const { entry, uses, expiry } = listed;
    const name = entry.kind === "layer" ? entry.key : entry.digest;
    const age = entry.createdAt === null ? "" : formatAge(data.nowMs - Date.parse(entry.createdAt));
    return [
      span(selected ? "> " : "  "),
      span(shortDigest(name).padEnd(14)),
      span((entry.kind === "layer" ? "layer" : "base").padEnd(6), "dim"),
      span(formatBytes(entry.sizeBytes).padStart(9)),
      span(age.padStart(6), "dim"),
      span(`  ${expiry.padEnd(9)}`, expiry === "expired" ? "warning" : "dim"),
      span(String(new Set(uses.map(({ build }) => build.id)).size).padStart(7)),
      span(`  ${contentOf(listed)}`, entry.damage === null ? "plain" : "error"),
    ];
  },
  detail(_, { data, place }, width) {
    const listed = data?.entries[place.cursor];
    if (!listed) return [];
    const { entry, uses } = listed;
    const name = entry.kind === "layer" ? `key ${entry.key}` : `digest ${entry.digest}`;
    const rows: Row[] = [
      [span(cutText(contentOf(listed), width), "bold")],
      [span(name, "dim")],
      [
        span(
          uses.length === 0 ? "No build that is kept here knows it." : `${counted(uses.length, "step")} of builds:`,
          "dim",
        ),
      ],
    ];
    return [
      ...rows,
      ...uses.map(
        ({ build, step, how }): Row => [
          span(`  ${how.padEnd(6)}`, how === "used" ? "added" : how === "made" ? "modified" : "dim"),
          span(`${build.id}  step ${step.number}  ${showText(build.name ?? build.spec.context)}`),
        ],
      ),
    ];
  },
  empty: "No entries: builds fill the layer cache, kaniko-lab cache warm the base image cache.",
};

function contentOf({ entry, uses }: ListedEntry): string {
  if (entry.damage !== null) return `damaged: ${showText(entry.damage)}`;
  if (entry.kind === "base-image") return showText(entry.imageName ?? uses[0]?.step.text ?? "");
  return entry.pointsTo === null ? showText(entry.createdBy ?? "") : `points to ${shortDigest(entry.pointsTo)}`;
}
