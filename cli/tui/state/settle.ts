/** Keeps every cursor inside its list and in sight, whatever has changed: called after each action. */

import { panesOf } from "../layout.ts";
import { shownStep } from "../live/live-state.ts";
import { buildRowCount } from "../rows/build-rows.ts";
import { rowOfStep, stepListRows } from "../rows/step-list.ts";
import { settlePlace } from "../text/window.ts";
import { settleReport } from "./report-reducer.ts";
import { rowsOf } from "./select.ts";
import { settleSheet } from "./sheet-reducer.ts";
import type { State } from "./state.ts";

export function settle(state: State): State {
  const panes = panesOf(state);
  const shown = panes.includes(state.pane) ? state : { ...state, pane: panes[0] as State["pane"] };
  return settleSheet(settleReport(settleLive(settleBuilds(settleFiles(settleSteps(settleDetail(shown)))))));
}

function settleDetail(state: State): State {
  const { pane, detailOf } = state;
  const isList = pane === "steps" || pane === "files";
  return isList && pane !== detailOf ? { ...state, detailOf: pane, detailTop: 0 } : state;
}

function settleSteps(state: State): State {
  const steps = state.target?.steps ?? [];
  const row = rowOfStep(steps, state.steps.cursor);
  const { top } = settlePlace(
    { cursor: row, top: state.steps.top },
    stepListRows(steps).length,
    rowsOf(state, "steps"),
  );
  // The name of a stage is seen together with its first step.
  const withStage = row === top && row > 0 && stepListRows(steps)[row - 1]?.kind === "stage" ? top - 1 : top;
  return withStage === state.steps.top ? state : { ...state, steps: { ...state.steps, top: withStage } };
}

function settleFiles(state: State): State {
  const rows = rowsOf(state, "files");
  const place = settlePlace(state.files.place, state.files.rows.length, rows);
  const files = place === state.files.place ? state.files : { ...state.files, place };
  const { search } = state;
  const hits = search && settlePlace(search.place, search.matches.length, rows);
  const settled = search && hits && hits !== search.place ? { ...search, place: hits } : search;
  return files === state.files && settled === search ? state : { ...state, files, search: settled };
}

function settleBuilds(state: State): State {
  const place = settlePlace(state.builds.place, buildRowCount(state.builds), rowsOf(state, "builds"));
  return place === state.builds.place ? state : { ...state, builds: { ...state.builds, place } };
}

function settleLive(state: State): State {
  const { live } = state;
  if (!live) return state;
  const { steps } = live.progress;
  const cursor = rowOfStep(steps, shownStep(live));
  const { top } = settlePlace({ cursor, top: live.stepsTop }, stepListRows(steps).length, rowsOf(state, "steps"));
  return top === live.stepsTop ? state : { ...state, live: { ...live, stepsTop: top } };
}
