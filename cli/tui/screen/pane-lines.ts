/** The content of each pane as rows: what is in sight of it, and nothing else. */

import type { Region } from "../layout.ts";
import { clockMs, shownStep, stepTimeMs } from "../live/live-state.ts";
import { watchedStep } from "../live/watch-view.ts";
import { buildAt, buildRow, buildRowCount, layerFilesRow } from "../rows/build-rows.ts";
import { detailRows } from "../rows/detail-rows.ts";
import { fileRow, hitRow } from "../rows/file-rows.ts";
import { stepListRows } from "../rows/step-list.ts";
import { liveStepRow, stageRow, stepRow } from "../rows/step-rows.ts";
import { whyRows } from "../rows/why-rows.ts";
import { rowsOf } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { type Row, span } from "../text/spans.ts";
import { moveTop, visibleWindow } from "../text/window.ts";
import { emptyFiles, emptyHits, emptySteps } from "./empty-panes.ts";
import { logRows } from "./log-lines.ts";

export interface PaneLine {
  readonly row: Row;
  readonly selected: boolean;
}

const plain = (row: Row): PaneLine => ({ row, selected: false });

export function paneLines(state: State, region: Region): readonly PaneLine[] {
  switch (region.pane) {
    case "steps":
      return state.place === "live" ? liveStepLines(state, region) : stepLines(state, region);
    case "files":
      return state.search?.listed ? hitLines(state) : fileLines(state);
    case "detail":
      return detailLines(state, region);
    case "why":
      return whyLines(state, region);
    case "log":
      return state.live ? logRows(state.live, region.height - 1, region.width).map(plain) : [];
    case "builds":
      return buildLines(state);
  }
}

function stepLines(state: State, region: Region): readonly PaneLine[] {
  const steps = state.target?.steps ?? [];
  if (steps.length === 0) return emptySteps(state).map(plain);
  const rows = stepListRows(steps);
  const { start, end } = visibleWindow(rows.length, state.steps.top, region.height - 1);
  return rows.slice(start, end).map(row => {
    if (row.kind === "stage") return plain(stageRow(row));
    const step = steps[row.at] as (typeof steps)[number];
    const selected = row.at === state.steps.cursor;
    const isBase = state.base?.target === state.target && state.base?.step === step.number;
    const hits = state.search ? (state.search.perStep.get(step.number) ?? 0) : null;
    const build = state.target?.build ?? null;
    return { row: stepRow(step, { width: region.width, selected, isBase, hits, build }), selected };
  });
}

function liveStepLines(state: State, region: Region): readonly PaneLine[] {
  const { live } = state;
  if (!live) return [];
  const { steps } = live.progress;
  const rows = stepListRows(steps);
  const { start, end } = visibleWindow(rows.length, live.stepsTop, region.height - 1);
  const clock = clockMs(live);
  const frame = Math.floor(live.nowMs / 250);
  const cursor = shownStep(live);
  return rows.slice(start, end).map(row => {
    if (row.kind === "stage") return plain(stageRow(row));
    const step = steps[row.at] as (typeof steps)[number];
    const selected = row.at === cursor;
    const options = { width: region.width, selected, isBase: false, hits: null };
    const watched = state.watch && watchedStep(state.watch, step);
    return { row: liveStepRow(step, stepTimeMs(step, clock), frame, { ...options, watched }), selected };
  });
}

function fileLines(state: State): readonly PaneLine[] {
  const { files } = state;
  if (files.rows.length === 0) return emptyFiles(state).map(plain);
  const { start, end } = visibleWindow(files.rows.length, files.place.top, rowsOf(state, "files"));
  const isChanges = files.source?.mode === "changes";
  return files.rows.slice(start, end).map((row, at) => {
    const selected = start + at === files.place.cursor;
    return { row: fileRow(row, selected, isChanges), selected };
  });
}

function hitLines(state: State): readonly PaneLine[] {
  const { search } = state;
  if (!search || search.matches.length === 0) return emptyHits(state).map(plain);
  const { start, end } = visibleWindow(search.matches.length, search.place.top, rowsOf(state, "files"));
  const digits = String(state.target?.steps.length ?? 1).length;
  return search.matches.slice(start, end).map((match, at) => {
    const selected = start + at === search.place.cursor;
    return { row: hitRow(match, selected, digits, search.query), selected };
  });
}

function detailLines(state: State, region: Region): readonly PaneLine[] {
  const rows = detailRows(state, region.width);
  const top = moveTop(state.detailTop, { unit: "row", by: 0 }, rows.length, region.height - 1);
  const { start, end } = visibleWindow(rows.length, top, region.height - 1);
  return rows.slice(start, end).map(plain);
}

function whyLines(state: State, region: Region): readonly PaneLine[] {
  const rows = whyRows(state, region.width);
  const top = moveTop(state.whyTop, { unit: "row", by: 0 }, rows.length, region.height - 1);
  const { start, end } = visibleWindow(rows.length, top, region.height - 1);
  return rows.slice(start, end).map(plain);
}

function buildLines(state: State): readonly PaneLine[] {
  const { builds, target } = state;
  const total = buildRowCount(builds);
  if (total === 0) {
    const text = builds.list === null ? "Reading the builds .." : "No builds yet. Make one with: kaniko-lab build DIR";
    return [plain([span(text, "dim")])];
  }
  const { start, end } = visibleWindow(total, builds.place.top, rowsOf(state, "builds"));
  return Array.from({ length: end - start }, (_, at) => {
    const selected = start + at === builds.place.cursor;
    const build = buildAt(builds, start + at);
    const isOpen = build !== null && build.id === target?.build?.id;
    return { row: build ? buildRow(build, selected, isOpen) : layerFilesRow(builds.layerFiles, selected), selected };
  });
}
