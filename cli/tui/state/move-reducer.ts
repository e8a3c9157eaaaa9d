/** The cursor: in whichever list has the keys, and with the mouse. */

import type { PaneName } from "../layout.ts";
import { buildRowCount } from "../rows/build-rows.ts";
import { detailRows } from "../rows/detail-rows.ts";
import { helpRows } from "../rows/help-rows.ts";
import { stepListRows } from "../rows/step-list.ts";
import { whyRows } from "../rows/why-rows.ts";
import { type Move, moveCursor, moveTop } from "../text/window.ts";
import { moveLiveStep, moveLog } from "./live-reducer.ts";
import { moveReport } from "./report-reducer.ts";
import { moveHits } from "./search-reducer.ts";
import { columnsOf, overlayRows, rowsOf, type Scope, scopeOf, shownSheet } from "./select.ts";
import { moveSheet } from "./sheet-reducer.ts";
import type { State } from "./state.ts";
import { selectStep } from "./target-reducer.ts";
import { moveViewer } from "./viewer-reducer.ts";

export function reduceMove(state: State, move: Move): State {
  return moveIn(state, scopeOf(state), move);
}

function moveIn(state: State, scope: Scope, move: Move): State {
  switch (scope) {
    case "help":
      return {
        ...state,
        helpTop: moveTop(state.helpTop ?? 0, move, helpRows(state.size.columns).length, overlayRows(state)),
      };
    case "report":
      return moveReport(state, move);
    case "viewer":
      return moveViewer(state, move);
    case "treemap":
    case "compare":
    case "timeline":
    case "cache":
    case "cluster":
    case "batch":
      return moveSheet(state, move);
    case "steps":
      if (state.place === "live") return moveLiveStep(state, move);
      return selectStep(
        state,
        moveCursor(state.steps, move, state.target?.steps.length ?? 0, rowsOf(state, "steps")).cursor,
      );
    case "files": {
      const place = moveCursor(state.files.place, move, state.files.rows.length, rowsOf(state, "files"));
      const anchor = state.files.rows[place.cursor]?.item.path ?? null;
      return { ...state, detailTop: 0, files: { ...state.files, place, anchor } };
    }
    case "hits":
      return moveHits(state, move);
    case "detail": {
      const total = detailRows(state, columnsOf(state, "detail")).length;
      return { ...state, detailTop: moveTop(state.detailTop, move, total, rowsOf(state, "detail")) };
    }
    case "why": {
      const total = whyRows(state, columnsOf(state, "why")).length;
      return { ...state, whyTop: moveTop(state.whyTop, move, total, rowsOf(state, "why")) };
    }
    case "log":
      return moveLog(state, move);
    case "builds": {
      const place = moveCursor(state.builds.place, move, buildRowCount(state.builds), rowsOf(state, "builds"));
      return { ...state, builds: { ...state.builds, place } };
    }
    case "prompt":
      return state;
  }
}

/** The wheel moves what is under the pointer, whatever has the keys. */
export function reduceWheel(state: State, pane: PaneName, by: number): State {
  const move: Move = { unit: "row", by };
  const scope = scopeOf(state);
  if (scope === "help" || scope === "report" || scope === "viewer" || shownSheet(state))
    return moveIn(state, scope, move);
  return moveIn(state, pane === "files" && state.search?.listed ? "hits" : pane, move);
}

/** A click on a row of a pane (-1: on its title) gives it the keys and selects the row. */
export function reducePoint(state: State, pane: PaneName, row: number): State {
  if (state.prompt || state.report || state.viewer || state.helpTop !== null) return state;
  const focused = { ...state, pane };
  if (row < 0) return focused;
  switch (pane) {
    case "steps":
      return pointAtStep(focused, row);
    case "files":
      return pointAtFile(focused, row);
    case "builds": {
      const { place } = state.builds;
      const cursor = Math.min(place.top + row, buildRowCount(state.builds) - 1);
      return { ...focused, builds: { ...state.builds, place: { ...place, cursor: Math.max(0, cursor) } } };
    }
    default:
      return focused;
  }
}

function pointAtStep(state: State, row: number): State {
  const live = state.place === "live" ? state.live : null;
  const steps = live ? live.progress.steps : (state.target?.steps ?? []);
  const item = stepListRows(steps)[(live ? live.stepsTop : state.steps.top) + row];
  if (item?.kind !== "step") return state;
  return live ? { ...state, whyTop: 0, live: { ...live, selected: item.at } } : selectStep(state, item.at);
}

function pointAtFile(state: State, row: number): State {
  const { search, files } = state;
  if (search?.listed) {
    const cursor = Math.min(search.place.top + row, search.matches.length - 1);
    return { ...state, search: { ...search, place: { ...search.place, cursor: Math.max(0, cursor) } } };
  }
  const cursor = files.place.top + row;
  if (cursor >= files.rows.length) return state;
  const anchor = files.rows[cursor]?.item.path ?? null;
  return { ...state, files: { ...files, anchor, place: { ...files.place, cursor } } };
}
