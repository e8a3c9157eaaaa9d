/** Steps as a table and as JSON. */

import type { CacheResult, Step, StepStatus } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { formatBytes, formatDuration, shortDigest } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

const statusMark: Readonly<Record<StepStatus, string>> = {
  executed: "run",
  cached: "cached",
  metadata: "meta",
  skipped: "skipped",
  failed: "FAILED",
};

const cacheMark: Readonly<Record<CacheResult, string>> = { hit: "hit", miss: "miss", skipped: "-", off: "off" };

export function stepsTable(target: Target, output: Output, long: boolean): string[] {
  const columns = [
    { title: "#", align: "right" as const },
    { title: "LINE", align: "right" as const },
    { title: "STATUS" },
    { title: "CACHE" },
    { title: "TIME", align: "right" as const },
    { title: "SIZE", align: "right" as const },
    { title: "+ ~ -" },
    { title: "LAYER" },
    { title: "INSTRUCTION" },
  ];
  const rows = target.steps.map(step => stepRow(step, long));
  // Columns that say nothing for this target (times and lines of an image that was not built here) are left out.
  const used = columns.map((_, column) => column === 8 || rows.some(row => row[column] !== ""));
  const pick = <T>(cells: readonly T[]) => cells.filter((_, column) => used[column]);
  const width = long ? Number.POSITIVE_INFINITY : output.columns;
  return tableLines(pick(columns), rows.map(pick), width, output.style.bold);
}

function stepRow(step: Step, long: boolean): string[] {
  const built = step.line !== null || step.startedMs !== null;
  const layers = step.layer ? [step.layer] : step.baseLayers;
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const changes = step.added === null ? "" : `${step.added} ${step.modified} ${step.deleted}`;
  return [
    String(step.number),
    step.line === null ? "" : String(step.line),
    built ? statusMark[step.status] : "",
    built && step.instruction !== "FROM" ? cacheMark[step.cache.result] : "",
    formatDuration(step.durationMs),
    layers.length === 0 ? "" : formatBytes(sizeBytes),
    changes,
    step.layer ? (long ? step.layer.digest : shortDigest(step.layer.digest)) : baseLabel(layers.length),
    instructionLabel(step),
  ];
}

function baseLabel(layers: number): string {
  if (layers === 0) return "";
  return layers === 1 ? "1 base layer" : `${layers} base layers`;
}

function instructionLabel(step: Step): string {
  return showText(step.text === "" ? "(no history)" : step.text);
}

export function stepsDocument(target: Target): object {
  const build = target.build;
  return {
    target: target.name,
    build: build && {
      id: build.id,
      name: build.name,
      status: build.status,
      driver: build.driver,
      executor: build.executor,
      manifest: build.manifest,
      startedAt: build.startedAt,
      durationMs: build.durationMs,
      failure: build.failure,
      warnings: build.warnings,
    },
    steps: target.steps.map(step => ({
      ...step,
      layer: step.layer && { digest: step.layer.digest, diffId: step.layer.diffId, sizeBytes: step.layer.sizeBytes },
    })),
  };
}
