/** What the time of steps went into: a table, and words for one step. */

import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Target } from "../../lib/model/target.ts";
import { formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

export function timesTable(target: Target, output: Output): string[] {
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    right("#"),
    right("TIME"),
    right("UNPACK"),
    right("FIRST"),
    right("RUN"),
    right("SNAPSHOT"),
    right("PUSH"),
    { title: "INSTRUCTION" },
  ];
  const rows = target.steps.map(step => {
    const { times } = step;
    return [
      String(step.number),
      formatDuration(step.durationMs),
      ...[
        times?.unpackMs,
        times?.firstSnapshotMs,
        times?.runMs,
        times?.snapshotMs ?? step.snapshotMs,
        times?.pushMs,
      ].map(ms => formatPart(ms ?? null)),
      showText(step.text === "" ? "(no history)" : step.text),
    ];
  });
  return tableLines(columns, rows, output.columns, output.style.bold);
}

/** Below the table. */
export function timesNote(target: Target): string {
  return target.steps.some(({ times }) => times !== undefined)
    ? "UNPACK: the base · FIRST: the snapshot before the stage's first RUN · PUSH: beside later steps"
    : "the executor sent no trace: these are the times of its log lines, and of its snapshots where it tells them";
}

/** `first snapshot 107 ms, itself 5.1 ms, snapshot 12 ms`; "" where nothing is known but the whole. */
export function timesText({ times, snapshotMs }: Step): string {
  if (times === undefined) return snapshotMs === null ? "" : `${formatDuration(snapshotMs)} of it for the snapshot`;
  const parts: readonly (readonly [string, number | null])[] = [
    ["unpacking", times.unpackMs],
    ["first snapshot", times.firstSnapshotMs],
    ["itself", times.runMs],
    ["snapshot", times.snapshotMs],
    ["push to the layer cache beside later steps", times.pushMs],
  ];
  return parts.flatMap(([name, ms]) => (ms === null ? [] : `${name} ${formatPart(ms)}`)).join(", ");
}

/** Parts of a step are often shorter than a millisecond. */
function formatPart(ms: number | null): string {
  return ms !== null && ms < 9.95 && !Number.isInteger(ms) ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}
