/** Sheets: opening and leaving them, moving in them, and what Enter does there. */

import { shownStep } from "../live/live-state.ts";
import { openFacts } from "../palette/open-facts.ts";
import { thingName } from "../sheets/cluster/cluster-data.ts";
import { countOf, listHeight } from "../sheets/list-views.ts";
import type { CompareSheet, Sheet, SheetData, TreemapSheet } from "../sheets/sheet.ts";
import type { SheetKind } from "../sheets/sheet-names.ts";
import { stepAtRow, timelineRowOf } from "../sheets/timeline/timeline-view.ts";
import { treemapOfs } from "../sheets/treemap/treemap-data.ts";
import { cellBeside, mainCells, treemapBox } from "../sheets/treemap/treemap-layout.ts";
import { clamp, listStart, type Move, moveCursor, settlePlace } from "../text/window.ts";
import type { Action } from "./actions.ts";
import { showBatchItem } from "./batch-reducer.ts";
import { loading, revealPath } from "./files-reducer.ts";
import { selectedFile, shownMode, statusRowCount } from "./select.ts";
import type { State } from "./state.ts";
import { reduceTarget, selectStep } from "./target-reducer.ts";

type SheetAction = Extract<Action, { type: `sheet-${string}` | "open-sheet" }>;

export function reduceSheet(state: State, action: SheetAction): State {
  if (action.type === "open-sheet") return openSheet(state, action.kind, action.word ?? null);
  const { sheet } = state;
  if (!sheet) return state;
  switch (action.type) {
    case "sheet-loaded":
      return action.id === sheet.id ? { ...state, sheet: withData(state, sheet, action.data) } : state;
    case "sheet-failed":
      return action.id === sheet.id ? { ...state, sheet: { ...sheet, error: action.error } } : state;
    case "sheet-again":
      return { ...state, nextId: state.nextId + 1, sheet: { ...sheet, id: state.nextId, error: "" } };
    case "sheet-side":
      return withSheet(state, sheet.kind === "treemap" ? moveAside(state, sheet, action.side) : sheet);
    case "sheet-out":
      return sheet.kind === "treemap" ? goOut(state, sheet) : state;
    case "sheet-turn":
      return sheet.kind === "treemap" ? turn(state, sheet) : state;
    case "sheet-ask":
      return sheet.kind === "cluster" ? { ...state, sheet: { ...sheet, asked: selectedThing(sheet) } } : state;
    case "sheet-delete":
      // The effect that removes it looks for a deletion that is wanted.
      return sheet.kind === "cluster" && sheet.asked !== null
        ? {
            ...state,
            sheet: { ...sheet, asked: null, removing: { id: state.nextId, what: sheet.asked } },
            nextId: state.nextId + 1,
          }
        : state;
    case "sheet-click":
      return click(state, sheet, action.x, action.y);
  }
}

function withSheet(state: State, sheet: Sheet): State {
  return sheet === state.sheet ? state : { ...state, sheet };
}

export function openSheet(state: State, kind: SheetKind, word: string | null): State {
  const needsTarget = kind === "treemap" || kind === "compare";
  if (needsTarget && (!state.target || state.place === "live"))
    return { ...state, message: { text: "nothing is open: b lists the builds", kind: "info" } };
  if (kind === "batch" && !state.batch)
    return { ...state, message: { text: "no batch runs here: kaniko-lab build --all DIR --tui", kind: "info" } };
  if (kind === "timeline" && !state.live && !state.target)
    return { ...state, message: { text: "nothing is open: b lists the builds", kind: "info" } };
  const base = {
    id: state.nextId,
    place: listStart,
    away: false,
    data: null,
    error: "",
  };
  const place: State["place"] =
    needsTarget || (kind === "timeline" && state.place === "builds") ? "layers" : state.place;
  const next = { ...state, place, nextId: state.nextId + 1, message: null, helpTop: null };
  switch (kind) {
    case "treemap":
      return { ...next, sheet: { ...base, kind, of: treemapStart(state), ...treemapFolder(state) } };
    case "compare":
      return { ...next, sheet: { ...base, kind, one: word ?? openFacts(state).other } };
    case "timeline": {
      const at = state.place === "live" && state.live ? shownStep(state.live) : state.steps.cursor;
      return { ...next, sheet: { ...base, kind, place: { cursor: timelineRowOf(next, at), top: 0 } } };
    }
    case "cache":
      return { ...next, sheet: { ...base, kind } };
    case "cluster":
      return { ...next, sheet: { ...base, kind, asked: null, removing: null } };
    case "batch": {
      const at = state.batch?.items.findIndex(({ name }) => name === state.batch?.shown) ?? -1;
      return { ...next, sheet: { ...base, kind, place: { cursor: Math.max(0, at), top: 0 } } };
    }
  }
}

function treemapStart(state: State): TreemapSheet["of"] {
  return shownMode(state) === "tree" ? "tree" : "changes";
}

/** Where the cursor of the files is. */
function treemapFolder(state: State): Pick<TreemapSheet, "folder" | "reveal"> {
  const path = state.pane === "files" ? (selectedFile(state)?.path ?? "") : "";
  return { folder: parentOf(path), reveal: path };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function withData(state: State, sheet: Sheet, data: SheetData): Sheet {
  // Whoever loads it has looked at the kind: the id is of this very sheet.
  const next = { ...sheet, data, error: "" } as Sheet;
  if (next.kind !== "treemap" || next.data === null) return next;
  const cells = mainCells(next.data, treemapBox(state));
  const cursor = Math.max(
    0,
    cells.findIndex(({ node }) => node.restCount === 0 && node.path === next.reveal),
  );
  return { ...next, place: { cursor, top: 0 } };
}

export function moveSheet(state: State, move: Move): State {
  const { sheet } = state;
  if (!sheet) return state;
  if (sheet.kind === "treemap") return { ...state, sheet: moveInTreemap(state, sheet, move) };
  const rows = listHeight(state, statusRowCount(state));
  const place = moveCursor(sheet.place, move, countOf(state, sheet), rows);
  const asked = sheet.kind === "cluster" ? { asked: null } : {};
  return { ...state, sheet: { ...sheet, ...asked, place } };
}

/** Up and down by what is seen; to the largest, to the smallest; pages go in order of size. */
function moveInTreemap(state: State, sheet: TreemapSheet, move: Move): TreemapSheet {
  if (sheet.data === null) return sheet;
  if (move.unit === "row" && Math.abs(move.by) === 1) return moveAside(state, sheet, move.by < 0 ? "up" : "down");
  const total = mainCells(sheet.data, treemapBox(state)).length;
  const by = move.unit === "start" ? -total : move.unit === "end" ? total : Math.sign(move.by);
  return selectCell(state, sheet, sheet.place.cursor + by);
}

function moveAside(state: State, sheet: TreemapSheet, side: Parameters<typeof cellBeside>[2]): TreemapSheet {
  if (sheet.data === null) return sheet;
  return selectCell(state, sheet, cellBeside(mainCells(sheet.data, treemapBox(state)), sheet.place.cursor, side));
}

function selectCell(state: State, sheet: TreemapSheet, at: number): TreemapSheet {
  if (sheet.data === null) return sheet;
  const cells = mainCells(sheet.data, treemapBox(state));
  const cursor = clamp(at, 0, Math.max(0, cells.length - 1));
  return { ...sheet, place: { cursor, top: 0 }, reveal: cells[cursor]?.node.path ?? sheet.reveal };
}

function goOut(state: State, sheet: TreemapSheet): State {
  if (sheet.folder === "") return state;
  return { ...state, sheet: { ...sheet, folder: parentOf(sheet.folder), reveal: sheet.folder } };
}

function turn(state: State, sheet: TreemapSheet): State {
  const of = treemapOfs[(treemapOfs.indexOf(sheet.of) + 1) % treemapOfs.length] as TreemapSheet["of"];
  return { ...state, sheet: { ...sheet, of } };
}

/** Selects what is under the pointer; a double click is Enter. */
function click(state: State, sheet: Sheet, x: number, y: number): State {
  if (sheet.kind === "treemap") {
    if (sheet.data === null) return state;
    const cells = mainCells(sheet.data, treemapBox(state));
    const at = cells.findIndex(
      cell => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height,
    );
    if (at < 0) return state;
    return { ...state, sheet: selectCell(state, sheet, at) };
  }
  const row = sheet.place.top + y - 2;
  const isInList = y >= 2 && y - 2 < listHeight(state, statusRowCount(state)) && row < countOf(state, sheet);
  if (!isInList) return state;
  return { ...state, sheet: { ...sheet, place: { ...sheet.place, cursor: row } } };
}

/** Enter. */
export function openFromSheet(state: State): State {
  const { sheet } = state;
  if (!sheet) return state;
  switch (sheet.kind) {
    case "treemap":
      return goInto(state, sheet);
    case "compare":
      return openPair(state, sheet);
    case "timeline": {
      const at = stepAtRow(state, sheet.place.cursor);
      if (at === null) return state;
      const away = { ...state, sheet: { ...sheet, away: true } };
      if (state.place === "live" && state.live)
        return { ...away, pane: "log", why: false, live: { ...state.live, selected: at, follow: true } };
      return { ...selectStep(away, at), pane: "steps" };
    }
    case "cache": {
      const entry = sheet.data?.entries[sheet.place.cursor]?.entry;
      if (!entry) return state;
      const away = { ...state, sheet: { ...sheet, away: true } };
      return reduceTarget(away, { type: "want-target", word: entry.target, use: "look" });
    }
    case "cluster":
      return reduceSheet(state, { type: "sheet-again" });
    case "batch": {
      const item = state.batch?.items[sheet.place.cursor];
      if (item?.live == null) return { ...state, message: { text: "it has not begun", kind: "info" } };
      return showBatchItem({ ...state, sheet: { ...sheet, away: true } }, item.name);
    }
  }
}

function goInto(state: State, sheet: TreemapSheet): State {
  const cell = sheet.data && mainCells(sheet.data, treemapBox(state))[sheet.place.cursor];
  if (!cell) return state;
  const { path, isFolder, restCount } = cell.node;
  if (restCount > 0) return { ...state, message: { text: "each of them is too small to be seen", kind: "info" } };
  if (isFolder) return { ...state, sheet: { ...sheet, folder: path, reveal: "" } };
  // A file is shown where it is in the tree.
  const mode = sheet.of === "tree" ? "tree" : "changes";
  const isLoaded = state.files.source?.mode === mode && !state.files.loading && state.base === null;
  return {
    ...state,
    base: null,
    pane: "files",
    why: false,
    sheet: { ...sheet, away: true },
    files: isLoaded ? revealPath(state.files, path) : { ...loading(state.files), mode, reveal: path },
  };
}

/** The files of one side of the pair against those of the other. */
function openPair(state: State, sheet: CompareSheet): State {
  const pair = sheet.data?.pairs[sheet.place.cursor];
  if (!sheet.data || !pair) return state;
  if (pair.other === null)
    return {
      ...state,
      message: { text: "only the left one has this step: there is nothing to compare it with", kind: "info" },
    };
  const { number } = pair.other;
  const at = state.target?.steps.findIndex(step => step.number === number) ?? -1;
  if (at < 0) return state;
  const base = pair.one === null ? null : { target: sheet.data.oneTarget, step: pair.one.number };
  return {
    ...state,
    base,
    place: "layers",
    pane: "files",
    why: false,
    steps: { ...state.steps, cursor: at },
    search: null,
    files: { ...loading(state.files), mode: "changes" },
    sheet: { ...sheet, away: true },
  };
}

function selectedThing(sheet: Extract<Sheet, { kind: "cluster" }>): string | null {
  const thing = sheet.data?.things[sheet.place.cursor];
  return thing ? thingName(thing) : null;
}

/** Esc: one folder up, a question taken back, else the panes again. */
export function leaveSheet(state: State): State {
  const { sheet } = state;
  if (sheet?.kind === "cluster" && sheet.asked !== null) return { ...state, sheet: { ...sheet, asked: null } };
  if (sheet?.kind === "treemap" && sheet.folder !== "") return goOut(state, sheet);
  // One of the builds is what is live then: the list of them is what stands above it.
  if (sheet?.kind === "batch" && !state.target) return { ...state, sheet: null, place: "builds", pane: "builds" };
  return { ...state, sheet: null };
}

/** Esc in what was opened from a sheet. */
export function returnToSheet(state: State): State {
  const { sheet } = state;
  if (!sheet) return state;
  const isOtherTarget = sheet.kind === "cache";
  const cleared = state.base && sheet.kind === "compare" ? reduceTarget(state, { type: "clear-base" }) : state;
  return { ...cleared, sheet: { ...sheet, away: false }, ...(isOtherTarget ? {} : { pane: "steps" }) };
}

/** Keeps the cursor inside the list and in sight. */
export function settleSheet(state: State): State {
  const { sheet } = state;
  if (!sheet || sheet.kind === "treemap") return state;
  const place = settlePlace(sheet.place, countOf(state, sheet), listHeight(state, statusRowCount(state)));
  return place === sheet.place ? state : { ...state, sheet: { ...sheet, place } };
}
