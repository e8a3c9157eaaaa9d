import { finalStep } from "../../../lib/lab/chain.ts";
import type { Target } from "../../../lib/model/target.ts";
import { listStart } from "../text/window.ts";
import type { Action } from "./actions.ts";
import { loading } from "./files-reducer.ts";
import { selectedStep } from "./select.ts";
import type { State } from "./state.ts";

type TargetAction = Extract<
  Action,
  { type: "want-target" | "target-opened" | "base-opened" | "step-by" | "set-base" | "clear-base" }
>;

export function reduceTarget(state: State, action: TargetAction): State {
  switch (action.type) {
    case "want-target":
      return {
        ...state,
        message: null,
        wanted: { word: action.word, use: action.use, attempt: (state.wanted?.attempt ?? 0) + 1 },
      };
    case "target-opened":
      return opened(state, action.target, action.keepPlace);
    case "base-opened":
      return compareWith(state, action.target);
    case "step-by":
      return selectStep(state, state.steps.cursor + action.by);
    case "set-base":
      return setBase(state);
    case "clear-base":
      return state.base ? { ...state, base: null, files: loading(state.files) } : state;
  }
}

function opened(state: State, target: Target, keepPlace: boolean): State {
  const same = keepPlace && state.target !== null;
  const cursor = same ? Math.min(state.steps.cursor, target.steps.length - 1) : firstToShow(target);
  return {
    ...state,
    target,
    place: same || state.place === "live" ? state.place : "layers",
    pane: same || state.place === "live" ? state.pane : "steps",
    base: same ? state.base : null,
    search: same ? state.search : null,
    steps: { ...state.steps, cursor: Math.max(0, cursor) },
    files: { ...loading(state.files), ...(same ? {} : { rows: [], source: null, place: listStart }) },
    detailTop: 0,
    whyTop: 0,
  };
}

/** The step that a user most likely wants to see: the one that failed, else the last that made a layer. */
function firstToShow({ steps, build }: Target): number {
  const failed = build?.failure?.step ?? null;
  const wanted =
    steps.find(step => step.number === failed || step.status === "failed") ??
    steps.findLast(step => step.layer !== null && step.status !== "metadata") ??
    finalStep(steps);
  return wanted ? steps.indexOf(wanted) : 0;
}

/** Selects a step by its place in the list. */
export function selectStep(state: State, at: number): State {
  const last = (state.target?.steps.length ?? 0) - 1;
  const cursor = Math.max(0, Math.min(at, last));
  if (cursor === state.steps.cursor || !state.target) return state;
  return {
    ...state,
    steps: { ...state.steps, cursor },
    files: loading(state.files),
    detailTop: 0,
    whyTop: 0,
    message: null,
  };
}

function setBase(state: State): State {
  const step = selectedStep(state);
  if (!state.target || !step) return state;
  return {
    ...state,
    base: { target: state.target, step: step.number },
    files: loading(state.files),
    message: { text: `step ${step.number} is the base: select another step to compare, D ends it`, kind: "info" },
  };
}

function compareWith(state: State, target: Target): State {
  if (!state.target) return state;
  return {
    ...state,
    base: { target, step: null },
    place: "layers",
    pane: "steps",
    files: loading(state.files),
    message: { text: "each step is compared with the one that corresponds to it, D ends it", kind: "info" },
  };
}
