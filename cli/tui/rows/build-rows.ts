/** The list of builds, and the layers of the cache folder when there are some. */

import type { BuildRecord } from "../../../lib/model/build.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { formatDuration, formatTime } from "../../display/format.ts";
import type { BuildsState } from "../state/state.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

export function buildRowCount(builds: BuildsState): number {
  return (builds.list?.length ?? 0) + (builds.layerFiles > 0 ? 1 : 0);
}

/** The build at a row; null for the row of the cache folder's layers. */
export function buildAt(builds: BuildsState, row: number): BuildRecord | null {
  return builds.list?.[row] ?? null;
}

const toneOf: Readonly<Record<BuildRecord["status"], Tone>> = {
  running: "accent",
  succeeded: "added",
  failed: "error",
  cancelled: "warning",
};

export const buildTitles = "  BUILD                 STATUS     STARTED           TIME      CONTEXT";

export function buildRow(build: BuildRecord, selected: boolean, current: boolean): Row {
  const { steps } = build;
  const hits = steps.filter(step => step.cache.result === "hit").length;
  const name = build.name === null ? build.spec.context : `${build.name}  ${build.spec.context}`;
  return [
    span(selected ? ">" : " "),
    span(current ? "* " : " ", "accent"),
    span(build.id.padEnd(current ? 21 : 22)),
    span(build.status.padEnd(11), toneOf[build.status]),
    span(formatTime(build.startedAt).padEnd(18)),
    span(formatDuration(build.durationMs).padEnd(10)),
    span(showText(name)),
    span(`  ${steps.length} steps${hits > 0 ? `, ${hits} from the cache` : ""}`, "dim"),
  ];
}

export function layerFilesRow(layerFiles: number, selected: boolean): Row {
  return [span(selected ? "> " : "  "), span(`${layerFiles} layers in the cache folder, whoever made them`)];
}
