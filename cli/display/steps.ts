/** Steps as a table and as JSON. */

import { layerIsUnknown } from "../../lib/lab/chain.ts";
import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

/** Below this width the instruction matters more than lines and long digests. */
const wideColumns = 110;

export function stepsTable(target: Target, output: Output, long: boolean): string[] {
  const wide = long || output.columns >= wideColumns;
  const columns = [
    { title: "#", align: "right" as const },
    { title: "LINE", align: "right" as const },
    { title: "RESULT" },
    { title: "TIME", align: "right" as const },
    { title: "SIZE", align: "right" as const },
    { title: "+ ~ -" },
    { title: "LAYER" },
    { title: "INSTRUCTION" },
  ];
  const wasStopped = target.build?.status === "cancelled";
  const rows = target.steps.map(step => stepRow(step, long ? 71 : wide ? 12 : 7, wasStopped));
  // Columns that say nothing for this target (times and lines of an image that was not built here) are left out.
  const instruction = columns.length - 1;
  const used = columns.map((column, at) => {
    if (column.title === "LINE" && !wide) return false;
    return at === instruction || rows.some(row => row[at] !== "");
  });
  const pick = <T>(cells: readonly T[]) => cells.filter((_, at) => used[at]);
  const width = long ? Number.POSITIVE_INFINITY : output.columns;
  return tableLines(pick(columns), rows.map(pick), width, output.style.bold);
}

function stepRow(step: Step, digestLength: number, wasStopped: boolean): string[] {
  const built = step.line !== null || step.startedMs !== null;
  const layers = step.layer ? [step.layer] : step.baseLayers;
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const counted = step.added !== null && step.layer !== null;
  return [
    String(step.number),
    step.line === null ? "" : String(step.line),
    built ? resultWord(step, wasStopped) : "",
    formatDuration(step.durationMs),
    layers.length === 0 ? "" : formatBytes(sizeBytes),
    counted ? `${step.added} ${step.modified} ${step.deleted}` : "",
    step.layer
      ? digestLabel(step.layer.digest, digestLength)
      : layerIsUnknown(step)
        ? "unknown"
        : baseLabel(layers.length),
    instructionLabel(step),
  ];
}

/** What became of a step, in one word: status and cache result together. */
function resultWord(step: Step, wasStopped: boolean): string {
  if (step.status === "cached") return "hit";
  if (step.status === "executed" && step.cache.reason === "expired") return "expired";
  if (step.status === "executed") return step.cache.result === "miss" ? "miss" : "run";
  if (step.status === "failed") return wasStopped ? "stopped" : "FAILED";
  return step.status === "metadata" ? "meta" : "skipped";
}

function digestLabel(digest: string, length: number): string {
  return length > 64 ? digest : digest.replace("sha256:", "").slice(0, length);
}

function baseLabel(layers: number): string {
  if (layers === 0) return "";
  return `base ${layers}`;
}

function instructionLabel(step: Step): string {
  return showText(step.text === "" ? "(no history)" : step.text);
}

/** @param isReplay The build was not run now: a recording was played. */
export function stepsDocument(target: Target, isReplay = false): object {
  const build = target.build;
  return {
    target: target.name,
    build: build && {
      id: build.id,
      replay: isReplay,
      name: build.name,
      status: build.status,
      driver: build.driver,
      executor: build.executor,
      manifest: build.manifest,
      startedAt: build.startedAt,
      durationMs: build.durationMs,
      failure: build.failure,
      warnings: build.warnings,
      prediction: build.prediction ?? null,
    },
    steps: target.steps.map(step => ({
      ...step,
      layer: step.layer && { digest: step.layer.digest, diffId: step.layer.diffId, sizeBytes: step.layer.sizeBytes },
    })),
  };
}
