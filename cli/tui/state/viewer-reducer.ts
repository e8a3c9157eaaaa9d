import type { FileItem } from "../files/file-source.ts";
import { shownStep } from "../live/live-state.ts";
import { findLine } from "../text/find.ts";
import { type Move, moveTop } from "../text/window.ts";
import { openViewer, rowCount, type ViewerState, type ViewMode } from "../viewer/viewer-state.ts";
import type { Action } from "./actions.ts";
import { comparisonOf, overlayRows, selectedFile } from "./select.ts";
import type { State } from "./state.ts";

type ViewAction = Extract<
  Action,
  { type: "view-content" | "view-diff" | "view-failed" | "view-block" | "view-switch" }
>;

export function reduceViewer(state: State, action: ViewAction): State {
  const { viewer } = state;
  if (!viewer || ("id" in action && action.id !== viewer.id)) return state;
  return { ...state, viewer: nextViewer(viewer, action, overlayRows(state)) };
}

function nextViewer(viewer: ViewerState, action: ViewAction, rows: number): ViewerState {
  switch (action.type) {
    case "view-content": {
      const first = viewer.content === null;
      const mode = first && action.content.binary && viewer.mode === "text" ? "hex" : viewer.mode;
      const next = { ...viewer, mode, content: action.content, error: "" };
      return viewer.toEnd ? { ...next, top: Math.max(0, rowCount(next) - rows) } : next;
    }
    case "view-diff":
      return { ...viewer, diff: action.lines, error: "" };
    case "view-failed":
      return { ...viewer, error: action.message };
    case "view-block":
      return { ...viewer, blocks: new Map(viewer.blocks).set(action.block, action.rows) };
    case "view-switch":
      return { ...viewer, mode: nextMode(viewer), top: 0, left: 0, toEnd: false, error: "" };
  }
}

function nextMode({ mode, before }: ViewerState): ViewMode {
  if (mode === "text") return "hex";
  return mode === "hex" && before ? "diff" : "text";
}

/** Opens the selected file: a modified one with its difference, a deleted one as it was before. */
export function openSelected(state: State): State {
  const file = selectedFile(state);
  const comparison = comparisonOf(state);
  if (!file || !comparison) return state;
  if (file.type === "dir") return state;
  if (file.type !== "file" && file.type !== "hardlink")
    return { ...state, message: { text: `a ${file.type} has no content`, kind: "info" } };
  const { from, to } = comparison;
  const at = file.mark === "-" && from ? from : to;
  const mode = file.mark === "~" && from && hasNewContent(file) ? "diff" : "text";
  const before = file.mark === "~" ? from : null;
  const id = state.nextId;
  return {
    ...state,
    message: null,
    nextId: id + 1,
    viewer: openViewer(
      { id, path: file.path, at, before, sizeBytes: file.node?.sizeBytes ?? 0, dockerfile: null },
      mode,
    ),
  };
}

function hasNewContent({ change }: FileItem): boolean {
  return change?.causes.some(cause => cause === "content" || cause === "type") ?? false;
}

export function moveViewer(state: State, move: Move): State {
  const { viewer } = state;
  if (!viewer) return state;
  const rows = overlayRows(state);
  const top = moveTop(viewer.top, move, rowCount(viewer), rows);
  const toEnd = move.unit === "end" && viewer.mode !== "diff";
  return { ...state, viewer: { ...viewer, top, toEnd } };
}

export function scrollSideways(state: State, by: number): State {
  const { report, viewer } = state;
  if (report) return { ...state, report: { ...report, left: Math.max(0, report.left + by) } };
  return viewer ? { ...state, viewer: { ...viewer, left: Math.max(0, viewer.left + by) } } : state;
}

/** The next line (or the one before) with the text, counted from the first line that is seen, around the end. */
export function findInViewer(state: State, text: string, by: 1 | -1): State {
  const { viewer } = state;
  if (!viewer || text === "") return state;
  const lines = viewer.mode === "diff" ? (viewer.diff ?? []) : (viewer.content?.lines ?? []);
  const total = viewer.mode === "hex" ? 0 : rowCount(viewer);
  const isNew = viewer.find !== text;
  const at = findLine(line => lines[line] ?? "", text, { total, from: viewer.top, by, isNew });
  if (at !== null) return { ...state, viewer: { ...viewer, find: text, top: at, toEnd: false } };
  const where = viewer.mode === "hex" ? "text is found in the text view: v" : `not found: ${text}`;
  return { ...state, viewer: { ...viewer, find: text }, message: { text: where, kind: "info" } };
}

/** The Dockerfile of the build at the line of the selected step, or of the step that failed. */
export function openDockerfile(state: State): State {
  const place = dockerfilePlace(state);
  if (typeof place === "string") return { ...state, message: { text: place, kind: "info" } };
  const { build, line, at } = place;
  const id = state.nextId;
  const viewer = openViewer(
    { id, path: "Dockerfile", at, before: null, sizeBytes: 0, dockerfile: { build, line, file: place.file } },
    "text",
  );
  // The line with some before it, so that it is seen in its place.
  const top = Math.max(0, (line ?? 1) - 1 - Math.floor(overlayRows(state) / 3));
  return { ...state, message: null, nextId: id + 1, viewer: { ...viewer, top } };
}

interface DockerfilePlace {
  readonly build: string;
  readonly line: number | null;
  readonly file: string;
  readonly at: NonNullable<ReturnType<typeof comparisonOf>>["to"] | null;
}

/** Or why there is none. */
function dockerfilePlace(state: State): DockerfilePlace | string {
  const { live, target } = state;
  if (state.place === "live" && live) {
    const { id, steps, failure } = live.progress;
    if (id === "") return "the build has not begun";
    const chosen = live.selected === null && failure !== null ? steps.find(step => step.number === failure.step) : null;
    const step = chosen ?? steps[shownStep(live)];
    const file = state.builds.list?.find(build => build.id === id)?.spec;
    return { build: id, line: step?.line ?? null, file: file ? dockerfileOf(file) : "Dockerfile", at: null };
  }
  const build = target?.build ?? null;
  if (build === null) return "this image was not built here: its Dockerfile is not known";
  const at = comparisonOf(state)?.to ?? null;
  return { build: build.id, line: at?.step.line ?? null, file: dockerfileOf(build.spec), at };
}

function dockerfileOf({ context, dockerfile }: { readonly context: string; readonly dockerfile: string }): string {
  return dockerfile.startsWith("/") ? dockerfile : `${context}/${dockerfile}`;
}
