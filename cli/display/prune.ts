/** What can be removed, or was. */

import type { EngineItem } from "../../lib/executor/docker/prune-engine.ts";
import type { LayerFile, PruneItem } from "../../lib/kaniko-cache/prune/plan-prune.ts";
import { showText } from "../../lib/model/path-text.ts";
import { formatBytes, shortDigest } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

const kindWords: Readonly<Record<PruneItem["kind"], string>> = {
  "layer-cache": "layer cache",
  "base-image": "base image cache",
  layer: "layer",
  index: "index",
  listing: "index",
  folder: "index",
  seek: "seek points",
  build: "build",
};

/** @param removed null for a dry run. */
export function pruneLines(
  items: readonly PruneItem[],
  removed: readonly PruneItem[] | null,
  { columns, style }: Output,
): string[] {
  if (items.length === 0) return ["nothing to remove"];
  const rows = (removed ?? items).map(item => [
    kindWords[item.kind],
    item.kind === "build" ? item.name : shortDigest(item.name),
    formatBytes(item.sizeBytes),
    item.why,
  ]);
  const heads = [{ title: "WHAT" }, { title: "NAME" }, { title: "SIZE", align: "right" as const }, { title: "WHY" }];
  const bytes = (removed ?? items).reduce((sum, item) => sum + item.sizeBytes, 0);
  const done = removed === null ? "would go" : "removed";
  return [...tableLines(heads, rows, columns, style.bold), "", `${done}: ${rows.length}, ${formatBytes(bytes)}`];
}

export function engineLines(
  items: readonly EngineItem[],
  kept: readonly { readonly item: EngineItem; readonly why: string }[],
  isDone: boolean,
  { style }: Output,
): string[] {
  if (items.length === 0) return [];
  const whyOf = new Map(kept.map(({ item, why }) => [item, why]));
  return [
    style.bold(isDone ? "in the engine" : "in the engine would go"),
    ...items.map(item => {
      const size = item.sizeBytes === null ? "" : `, ${formatBytes(item.sizeBytes)}`;
      const why = whyOf.get(item);
      const result = why !== undefined ? `, kept: ${showText(why)}` : isDone ? ", removed" : "";
      return `  ${item.kind} ${showText(item.name)}${size}${result}`;
    }),
  ];
}

export function unknownLine(files: readonly LayerFile[]): string {
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const one = files.length === 1;
  const names = files.slice(0, 3).map(file => shortDigest(file.digest));
  const more = files.length > 3 ? ", …" : "";
  return `${files.length} ${one ? "layer that no build and no entry names stays" : "layers that no build and no entry names stay"}: ${names.join(", ")}${more} (${formatBytes(bytes)})`;
}
