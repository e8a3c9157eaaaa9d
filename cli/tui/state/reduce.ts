/** The one reducer: from a state and what happened to the next state. Pure; everything that takes time is in effects/. */

import { panesOf } from "../layout.ts";
import { splitLine } from "../palette/line-words.ts";
import { openReport } from "../palette/report-state.ts";
import { uiAction } from "../palette/ui-commands.ts";
import type { Action } from "./actions.ts";
import { reduceBatch } from "./batch-reducer.ts";
import { reduceFiles } from "./files-reducer.ts";
import { reduceLive } from "./live-reducer.ts";
import { reduceMove, reducePoint, reduceWheel } from "./move-reducer.ts";
import { reducePrompt } from "./prompt-reducer.ts";
import { findInReport, reduceReport, runLine, withHistory } from "./report-reducer.ts";
import { goToHit, reduceSearch } from "./search-reducer.ts";
import { layoutFor, scopeOf, shownSheet } from "./select.ts";
import { settle } from "./settle.ts";
import { leaveSheet, openFromSheet, reduceSheet, returnToSheet } from "./sheet-reducer.ts";
import type { State } from "./state.ts";
import { reduceTarget } from "./target-reducer.ts";
import { findInViewer, openDockerfile, openSelected, reduceViewer, scrollSideways } from "./viewer-reducer.ts";
import { reduceWatch } from "./watch-reducer.ts";

export function reduce(state: State, action: Action): State {
  const next = apply(state, action);
  return next === state ? state : settle(next);
}

function apply(state: State, action: Action): State {
  switch (action.type) {
    case "resize":
      return { ...state, size: { columns: action.columns, rows: action.rows } };
    case "say":
      return { ...state, message: { text: action.text, kind: action.kind } };
    case "unsay":
      return state.message ? { ...state, message: null } : state;
    case "busy":
      return { ...state, busy: action.busy };
    case "toggle-mouse":
      return { ...state, mouse: !state.mouse, message: { text: state.mouse ? "mouse off" : "mouse on", kind: "info" } };
    case "set-theme":
      return { ...state, theme: action.name, message: { text: `theme ${action.name}`, kind: "info" } };
    case "open-sheet":
    case "sheet-loaded":
    case "sheet-failed":
    case "sheet-again":
    case "sheet-side":
    case "sheet-out":
    case "sheet-turn":
    case "sheet-ask":
    case "sheet-delete":
    case "sheet-click":
      return reduceSheet(state, action);
    case "open-dockerfile":
      return openDockerfile(state);
    case "move":
      return reduceMove(state, action.move);
    case "sideways":
      return scrollSideways(state, action.by);
    case "point":
      return reducePoint(state, action.pane, action.row);
    case "wheel":
      return reduceWheel(state, action.pane, action.by);
    case "focus":
      return { ...state, pane: action.pane };
    case "focus-number":
      return { ...state, pane: panesOf(state)[action.number - 1] ?? state.pane };
    case "focus-next":
      return focusNext(state, action.by);
    case "zoom":
      return { ...state, zoomed: !state.zoomed };
    case "go":
      return go(state, action.place);
    case "back":
      return back(state);
    case "help":
      return { ...state, helpTop: state.helpTop === null ? 0 : null };
    case "want-target":
    case "target-opened":
    case "base-opened":
    case "step-by":
    case "set-base":
    case "clear-base":
      return reduceTarget(state, action);
    case "toggle-mode": {
      // From a comparison t leads to the tree, whatever was shown before it.
      const files = state.base ? { ...state.files, mode: "changes" as const } : state.files;
      return { ...state, base: null, files: reduceFiles(files, action), search: unlisted(state) };
    }
    case "fold":
    case "toggle-kind":
    case "toggle-sort":
    case "files-loaded":
    case "files-failed":
      return { ...state, files: reduceFiles(state.files, action) };
    case "next-hit":
      if (state.report) return findInReport(state, state.report.find, action.by);
      return state.viewer ? findInViewer(state, state.viewer.find, action.by) : reduceSearch(state, action);
    case "search-found":
    case "search-ended":
    case "list-hits":
      return reduceSearch(state, action);
    case "ask":
    case "edit":
    case "prompt-tab":
    case "recall":
      return reducePrompt(state, action);
    case "answer":
      if (state.prompt?.kind === "command") return runTyped({ ...state, prompt: null }, state.prompt.text);
      return reducePrompt(state, action);
    case "run-line":
      return runTyped(state, action.text);
    case "run-again":
      return state.report
        ? { ...state, nextId: state.nextId + 1, report: openReport(state.nextId, state.report.typed) }
        : state;
    case "options-known": {
      const options = new Map(state.palette.options).set(action.command, action.options);
      const below = new Map(state.palette.below).set(action.command, action.below);
      return { ...state, palette: { ...state.palette, options, below } };
    }
    case "report-started":
    case "report-lines":
    case "report-progress":
    case "report-ended":
      return reduceReport(state, action);
    case "open":
      return open(state);
    case "view-content":
    case "view-diff":
    case "view-failed":
    case "view-block":
    case "view-switch":
      return reduceViewer(state, action);
    case "builds-listed": {
      const { list, damaged, layerFiles, folder } = action;
      return { ...state, builds: { ...state.builds, list, damaged, layerFiles, folder } };
    }
    case "toggle-why":
      return toggleWhy(state);
    case "explained":
      return { ...state, explanation: { of: action.of, explanation: action.explanation, error: action.error } };
    case "leave-report":
      return { ...state, report: null, sheet: null };
    case "live-anew":
      return { ...state, live: null, watch: null, batch: null, notice: "" };
    case "batch-started":
    case "batch-news":
    case "batch-ended":
      return reduceBatch(state, action);
    case "watched":
      return reduceWatch(state, action.event, action.nowMs);
    case "live-started":
    case "live-events":
    case "live-tick":
    case "live-ended":
    case "follow":
    case "leave":
      return reduceLive(state, action);
  }
}

/** A line of the palette: what concerns the screen itself is done at once, all else is run by an effect. */
function runTyped(state: State, typed: string): State {
  const line = typed.trim();
  const action = uiAction(splitLine(line).words.map(word => word.text));
  return action === null ? runLine(state, line) : apply(withHistory(state, line), action);
}

/** The pane follows the list of steps, so that keeps the keys; where only one pane has room, the new one has them. */
function toggleWhy(state: State): State {
  const why = !state.why;
  const isAlone = layoutFor(state).regions?.length === 1;
  const wasThere = state.pane === "why" || state.pane === "files" || state.pane === "log";
  return { ...state, why, whyTop: 0, pane: isAlone && why ? "why" : wasThere ? "steps" : state.pane };
}

function unlisted(state: State): State["search"] {
  return state.search && { ...state.search, listed: false };
}

function focusNext(state: State, by: 1 | -1): State {
  const panes = panesOf(state);
  const at = panes.indexOf(state.pane);
  return { ...state, pane: panes[(at + by + panes.length) % panes.length] ?? state.pane };
}

function go(state: State, place: State["place"]): State {
  const missing = (place === "live" && !state.live) || (place === "layers" && !state.target);
  if (missing) return { ...state, message: { text: `nothing to show: no ${place}`, kind: "info" } };
  return {
    ...state,
    sheet: null,
    helpTop: null,
    place,
    pane: panesOf({ place, why: state.why })[0] as State["pane"],
    zoomed: false,
    message: null,
  };
}

/** Enter. */
function open(state: State): State {
  switch (scopeOf(state)) {
    case "steps":
      return { ...state, why: false, pane: state.place === "live" ? "log" : "files" };
    case "hits":
      return goToHit(state);
    case "treemap":
    case "compare":
    case "timeline":
    case "cache":
    case "cluster":
    case "batch":
      return openFromSheet(state);
    case "log":
      return openDockerfile(state);
    case "files": {
      const row = state.files.rows[state.files.place.cursor];
      if (row?.item.foldable) return { ...state, files: reduceFiles(state.files, { type: "fold", how: "toggle" }) };
      return openSelected(state);
    }
    default:
      return state;
  }
}

/** What was looked for while it was typed is not wanted any more. */
function isTypedSearch({ kind, text }: NonNullable<State["prompt"]>): boolean {
  return kind === "search" && text !== "";
}

/** Esc: closes what is on top, one level at a time. */
function back(state: State): State {
  if (state.prompt) return { ...state, prompt: null, search: isTypedSearch(state.prompt) ? null : state.search };
  if (state.batch?.leaving === "asked") return { ...state, batch: { ...state.batch, leaving: "no" } };
  if (state.live?.leaving === "asked") return { ...state, live: { ...state.live, leaving: "no" } };
  if (state.helpTop !== null) return { ...state, helpTop: null };
  if (state.report) return { ...state, report: null };
  if (state.viewer) return { ...state, viewer: null };
  if (shownSheet(state)) return leaveSheet(state);
  if (state.sheet?.away && !state.search && !state.zoomed) return returnToSheet(state);
  if (state.place === "builds") return state.target ? go(state, "layers") : state.live ? go(state, "live") : state;
  if (state.search) return { ...state, search: null };
  if (state.zoomed) return { ...state, zoomed: false };
  if (state.base) return reduceTarget(state, { type: "clear-base" });
  return state.pane === "steps" ? state : { ...state, pane: "steps" };
}
