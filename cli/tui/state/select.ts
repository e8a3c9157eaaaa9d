/** What follows from the state, for the reducers, the effects and the screen alike. */

import { stepBefore } from "../../../lib/lab/chain.ts";
import type { StepOf } from "../../../lib/lab/lab.ts";
import type { Step } from "../../../lib/model/build.ts";
import type { FileItem } from "../files/file-source.ts";
import { contentColumns, contentRows, type Layout, layoutOf, type PaneName } from "../layout.ts";
import type { Sheet } from "../sheets/sheet.ts";
import type { SheetKind } from "../sheets/sheet-names.ts";
import type { State } from "./state.ts";

export function layoutFor(state: State): Layout {
  return layoutOf({
    ...state.size,
    place: state.place,
    pane: state.pane,
    zoomed: state.zoomed,
    noticeRows: (state.notice === "" ? 0 : 1) + (state.watch === null ? 0 : 1),
    why: state.why,
    statusRows: statusRowCount(state),
  });
}

/** Lower screens have no room for them. */
const sliderFrom = 16;
const commandFrom = 20;

export function hasSliderRow(state: State): boolean {
  const { size, place, target } = state;
  const isShown = state.sheet === null || state.sheet.away || state.sheet.kind === "treemap";
  const isCovered = state.viewer !== null;
  return size.rows >= sliderFrom && place === "layers" && isShown && !isCovered && (target?.steps.length ?? 0) > 1;
}

export function hasCommandRow({ size }: State): boolean {
  return size.rows >= commandFrom;
}

export function statusRowCount(state: State): number {
  return Number(hasSliderRow(state)) + Number(hasCommandRow(state));
}

/** The sheet that hides the panes. */
export function shownSheet({ sheet }: State): Sheet | null {
  return sheet === null || sheet.away ? null : sheet;
}

export function rowsOf(state: State, pane: PaneName): number {
  return contentRows(layoutFor(state), pane);
}

export function columnsOf(state: State, pane: PaneName): number {
  return contentColumns(layoutFor(state), pane, state.size.columns);
}

/** Rows of the viewer, of what a command printed and of the help, which take the whole screen but their title and the footer. */
export function overlayRows(state: State): number {
  const isViewer = state.viewer !== null && state.report === null && state.helpTop === null;
  return Math.max(1, state.size.rows - 2 - Number(isViewer && hasCommandRow(state)));
}

export type Scope = "prompt" | "help" | "report" | "viewer" | "hits" | SheetKind | PaneName;

/** Who gets the keys. */
export function scopeOf(state: State): Scope {
  if (state.prompt) return "prompt";
  if (state.helpTop !== null) return "help";
  if (state.report) return "report";
  if (state.viewer) return "viewer";
  const sheet = shownSheet(state);
  if (sheet) return sheet.kind;
  return state.pane === "files" && state.search?.listed ? "hits" : state.pane;
}

export function selectedStep(state: State): Step | null {
  return state.target?.steps[state.steps.cursor] ?? null;
}

/** The selected path, unless the files of another step are still shown. */
export function selectedFile(state: State): FileItem | null {
  const { rows, place, loading } = state.files;
  return loading ? null : (rows[place.cursor]?.item ?? null);
}

export interface Comparison {
  readonly from: StepOf | null;
  readonly to: StepOf;
  /** Compared with a base that was chosen, not with the step before. */
  readonly chosen: boolean;
}

/** Whose files are shown, and against what they count as changed. */
export function comparisonOf(state: State): Comparison | null {
  const { target, base } = state;
  const step = selectedStep(state);
  if (!target || !step) return null;
  const to = { target, step };
  if (base) {
    const baseStep =
      base.step === null ? matchingStep(base.target.steps, step) : stepNumbered(base.target.steps, base.step);
    if (baseStep) return { from: { target: base.target, step: baseStep }, to, chosen: true };
  }
  const before = stepBefore(target.steps, step);
  return { from: before && { target, step: before }, to, chosen: false };
}

function stepNumbered(steps: readonly Step[], number: number): Step | undefined {
  return steps.find(step => step.number === number);
}

/** The step of another build that does the same: with the same text in the same stage, else at the same place, else the last. */
function matchingStep(steps: readonly Step[], step: Step): Step | undefined {
  const inStage = steps.filter(other => other.stage.index === step.stage.index);
  return inStage.find(other => other.text === step.text) ?? stepNumbered(inStage, step.number) ?? steps.at(-1);
}

/** The mode of what is loaded: with a base there is always a comparison. */
export function shownMode(state: State): "changes" | "tree" {
  return state.base ? "changes" : state.files.mode;
}
