/** The parts of a lab in a cluster. */

import type { ClusterPart } from "../../lib/cluster/cluster-part.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

/** The table, and what to do about parts for which this account lacks a right. */
export function showMadeParts(output: Output, parts: readonly ClusterPart[]): void {
  showParts(output, parts);
  if (!parts.some(isWithheld)) return;
  output.note("what this account may not look at or make is for another one; until a volume is there, its claim waits");
}

function isWithheld({ state }: ClusterPart): boolean {
  return state === "unseen" || state === "denied";
}

/** 1 where something is left for another account. */
export function statusOfParts(parts: readonly ClusterPart[]): number {
  return parts.some(({ state }) => state === "denied") ? 1 : 0;
}

export function showParts(output: Output, parts: readonly ClusterPart[]): void {
  const columns = [{ title: "STATE" }, { title: "PART" }, { title: "WHAT" }];
  const rows = parts.map(({ state, name, detail }) => [state, showText(name), showText(detail)]);
  const width = output.isWide ? Number.POSITIVE_INFINITY : output.columns;
  for (const line of tableLines(columns, rows, width, output.style.bold)) output.line(line);
}
