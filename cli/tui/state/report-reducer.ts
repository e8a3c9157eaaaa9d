/** Lines that are run, and what they print. */

import { openReport, type ReportState } from "../palette/report-state.ts";
import { findLine } from "../text/find.ts";
import { plainLine } from "../text/styled-line.ts";
import { clamp, type Move, moveTop } from "../text/window.ts";
import type { Action } from "./actions.ts";
import { overlayRows } from "./select.ts";
import type { State } from "./state.ts";

const mostHistory = 200;

type ReportAction = Extract<Action, { type: "report-started" | "report-lines" | "report-progress" | "report-ended" }>;

/** Runs a line (an effect does): what was on the screen is there again when it is left. */
export function runLine(state: State, typed: string): State {
  const line = typed.trim();
  if (line === "") return state;
  return {
    ...withHistory(state, line),
    message: null,
    nextId: state.nextId + 1,
    report: openReport(state.nextId, line),
  };
}

/** The line can be called back with Up. */
export function withHistory(state: State, line: string): State {
  const { history } = state.palette;
  const kept = history.at(-1) === line ? history : [...history, line].slice(-mostHistory);
  return { ...state, palette: { ...state.palette, history: kept } };
}

export function reduceReport(state: State, action: ReportAction): State {
  const { report } = state;
  if (!report || action.id !== report.id) return state;
  return { ...state, report: nextReport(report, action, overlayRows(state)) };
}

function nextReport(report: ReportState, action: ReportAction, rows: number): ReportState {
  switch (action.type) {
    case "report-started":
      return { ...report, line: action.line };
    case "report-lines": {
      const { lines, count } = action;
      const top = report.toEnd ? Math.max(0, count - rows) : report.top;
      return { ...report, lines, lineCount: count, top };
    }
    case "report-progress":
      return { ...report, progress: action.text };
    case "report-ended":
      return { ...report, status: action.status, progress: "" };
  }
}

export function moveReport(state: State, move: Move): State {
  const { report } = state;
  if (!report) return state;
  const top = moveTop(report.top, move, report.lineCount, overlayRows(state));
  return { ...state, report: { ...report, top, toEnd: move.unit === "end" } };
}

export function findInReport(state: State, text: string, by: 1 | -1): State {
  const { report } = state;
  if (!report || text === "") return state;
  const { lines, lineCount: total, top: from } = report;
  const at = findLine(line => plainLine(lines[line]?.text ?? ""), text, {
    total,
    from,
    by,
    isNew: report.find !== text,
  });
  if (at !== null) return { ...state, report: { ...report, find: text, top: at, toEnd: false } };
  return { ...state, report: { ...report, find: text }, message: { text: `not found: ${text}`, kind: "info" } };
}

/** After another size of the terminal. */
export function settleReport(state: State): State {
  const { report } = state;
  if (!report) return state;
  const top = clamp(report.top, 0, Math.max(0, report.lineCount - 1));
  return top === report.top ? state : { ...state, report: { ...report, top } };
}
