/**
 * What to do on which change: the watching as a small state machine. Pure.
 *
 * A build that runs when something changes runs to its end, and the next one follows: each of its steps is in the layer
 * cache when it has ended, and its record is whole. Cancelled, it would leave nothing of the step that runs, which is
 * the one that takes longest. Whom that keeps waiting has `restart`.
 */

export interface WatchChoices {
  /** No build without being asked. */
  readonly wait: boolean;
  /** A change that needs a build cancels the one that runs. */
  readonly restart: boolean;
}

export interface WatchState extends WatchChoices {
  /** `again`: what is being predicted has changed meanwhile. */
  readonly predicting: "no" | "yes" | "again";
  readonly building: boolean;
  /** A build is to come: `offered` when the user is asked, `yes` as soon as nothing is in its way. */
  readonly due: "no" | "offered" | "yes";
  /** Nothing can be built as it is, such as without a Dockerfile. */
  readonly broken: boolean;
}

export type WatchInput =
  | { readonly type: "changed" }
  /** @param needsBuild something that counts is another than in the build before */
  | { readonly type: "predicted"; readonly needsBuild: boolean }
  | { readonly type: "broken" }
  | { readonly type: "asked" }
  | { readonly type: "build-ended" };

export type WatchDeed = "predict" | "build" | "cancel";

export interface WatchStep {
  readonly state: WatchState;
  readonly deeds: readonly WatchDeed[];
}

/** The first prediction, and without `wait` the first build after it. */
export function startOfWatch(choices: WatchChoices): WatchStep {
  const due = choices.wait ? "no" : "yes";
  return { state: { ...choices, predicting: "yes", building: false, due, broken: false }, deeds: ["predict"] };
}

export function nextOfWatch(state: WatchState, input: WatchInput): WatchStep {
  switch (input.type) {
    case "changed":
      if (state.predicting !== "no") return { state: { ...state, predicting: "again" }, deeds: [] };
      return predict(state);
    case "predicted":
      return predicted({ ...state, broken: false }, input.needsBuild);
    case "broken": {
      const broken: WatchState = { ...state, broken: true, due: "no" };
      return state.predicting === "again" ? predict(broken) : { state: { ...broken, predicting: "no" }, deeds: [] };
    }
    case "asked":
      if (state.broken) return { state, deeds: [] };
      return build({ ...state, due: "yes" });
    case "build-ended": {
      const ended = { ...state, building: false };
      // What was predicted while it ran compared with the build before it.
      return state.due !== "no" && state.predicting === "no" ? predict(ended) : { state: ended, deeds: [] };
    }
  }
}

function predicted(state: WatchState, needsBuild: boolean): WatchStep {
  const wanted = state.wait && state.due !== "yes" ? "offered" : "yes";
  const next: WatchState = needsBuild ? { ...state, due: wanted } : state;
  if (next.predicting === "again") return predict(next);
  const settled: WatchState = { ...next, predicting: "no" };
  if (settled.building && needsBuild && settled.restart && settled.due === "yes")
    return { state: settled, deeds: ["cancel"] };
  return build(settled);
}

function predict(state: WatchState): WatchStep {
  return { state: { ...state, predicting: "yes" }, deeds: ["predict"] };
}

/** When it is due and nothing is in its way. */
function build(state: WatchState): WatchStep {
  if (state.due !== "yes" || state.building || state.predicting !== "no") return { state, deeds: [] };
  return { state: { ...state, building: true, due: "no" }, deeds: ["build"] };
}
