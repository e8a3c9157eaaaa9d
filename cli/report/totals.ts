/** Sums that more than one form of a report tells. Pure. */

import type { ReportFinding, ReportSide } from "./document.ts";

export interface CacheTotals {
  readonly hits: number;
  /** Steps that the layer cache could have had. */
  readonly asked: number;
}

/** Null for an image, and for a build without the layer cache. */
export function cacheTotals({ build, steps }: ReportSide): CacheTotals | null {
  if (build === null || !build.cacheIsOn) return null;
  const hits = steps.filter(({ cache }) => cache.result === "hit").length;
  const ran = steps.filter(({ result }) => result !== "skipped");
  const missed = ran.filter(({ cache }) => cache.result === "miss" || cache.reason === "after-miss").length;
  return { hits, asked: hits + missed };
}

export function countSeverities(findings: readonly ReportFinding[]): Record<ReportFinding["severity"], number> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
