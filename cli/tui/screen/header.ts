/** The first line: what is looked at. */

import { showText } from "../../../lib/model/path-text.ts";
import { wrongPredictions } from "../../../lib/prediction/wrong-predictions.ts";
import { counted, formatBytes, formatDuration, formatTime } from "../../display/format.ts";
import { panesOf } from "../layout.ts";
import { clockMs, type LiveState } from "../live/live-state.ts";
import { layoutFor } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

export function headerRow(state: State): Row {
  if (state.place === "builds") return [span("kaniko-lab", "bold"), span("  builds"), ...damagedSpans(state)];
  const row = state.place === "live" ? liveHeader(state) : targetHeader(state);
  return [...breadcrumb(state), ...row];
}

/** Where only one pane has room, the others are named. */
function breadcrumb(state: State): Row {
  if (layoutFor(state).regions?.length !== 1) return [];
  return panesOf(state).flatMap((pane, at): Row => {
    const label = `${at + 1} ${pane.toUpperCase()}`;
    return [
      span(pane === state.pane ? `[${label}]` : ` ${label} `, pane === state.pane ? "focused-title" : "dim"),
      span(" "),
    ];
  });
}

const toneOfStatus: Readonly<Record<string, Tone>> = {
  running: "accent",
  succeeded: "added",
  failed: "error",
  cancelled: "warning",
};

function targetHeader({ target }: State): Row {
  if (!target) return [span("kaniko-lab", "bold")];
  const { build } = target;
  // Of a build's image, as everywhere: steps of other stages have layers that are not in it.
  const layers = build && build.layers.length > 0 ? build.layers : target.layers;
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const size = `  ${counted(layers.length, "layer")} ${formatBytes(sizeBytes)}`;
  if (!build) {
    const config = target.image?.config;
    const platform = config ? `  ${showText(`${config.os}/${config.architecture}`)}` : "";
    return [span(showText(target.name), "bold"), span(platform + size)];
  }
  return [
    span(showText(target.name), "bold"),
    span(`  ${build.status}`, toneOfStatus[build.status] ?? "plain"),
    span(build.durationMs === null ? "" : ` in ${formatDuration(build.durationMs)}`),
    span(size),
    ...(wrongPredictions(build).length === 0 ? [] : [span("  ! wrongly predicted", "warning")]),
    span(`  ${formatTime(build.startedAt)}  ${build.driver} ${showText(build.executor.version)}`, "dim"),
  ];
}

function liveHeader({ live, watch }: State): Row {
  if (!live) return [span("kaniko-lab", "bold")];
  const { progress } = live;
  const status = live.leaving === "cancelling" && !live.ended ? "cancelling" : progress.status;
  const done = progress.steps.filter(step => step.state !== "waiting" && step.state !== "running").length;
  return [
    span(progress.id === "" ? (watch ? showText(watch.folder) : "build") : progress.id, "bold"),
    span(watch ? "  watched" : "", "accent"),
    ...(progress.id === "" ? [] : [span(`  ${status}`, toneOfStatus[status] ?? "warning")]),
    span(progress.id === "" ? "" : `  ${formatDuration(clockMs(live))}`),
    ...replaySpans(live),
    span(progress.id === "" ? "" : `  ${done}/${progress.steps.length} steps`),
    span(progress.driver === null ? "" : `  ${progress.driver}`, "dim"),
    span(progress.executor ? ` ${showText(progress.executor.version)}` : "", "dim"),
    span(progress.activity === "" ? "" : `  ${showText(progress.activity)}`, "accent"),
  ];
}

/** ` of 1.8 s  replay x4  paused` */
function replaySpans({ replay, ended }: LiveState): Row {
  if (replay === null || ended) return [];
  const speed = Number.isFinite(replay.speed) && replay.speed !== 1 ? ` x${Number(replay.speed.toPrecision(2))}` : "";
  return [
    span(replay.durationMs === null ? "" : ` of ${formatDuration(replay.durationMs)}`),
    span(`  replay${speed}`, "accent"),
    span(replay.isPaused ? "  paused" : "", "warning"),
  ];
}

function damagedSpans({ builds }: State): Row {
  return builds.damaged.length === 0 ? [] : [span(`  ${builds.damaged.length} records are damaged`, "warning")];
}
