import type { SearchMatch } from "../../../lib/lab/lab.ts";
import { clamp, listStart, type Move, moveCursor } from "../text/window.ts";
import type { Action } from "./actions.ts";
import { loading, revealPath } from "./files-reducer.ts";
import { rowsOf } from "./select.ts";
import type { PromptState, SearchState, State } from "./state.ts";

/** More hits than this are not kept: nobody reads them. */
export const mostHits = 10_000;

/** Lower-case letters find capitals too; a capital means exactly that. */
export function startSearch(state: State, prompt: PromptState): State {
  const { text, mode } = prompt;
  const { search: before } = state;
  // A pattern of nothing but spaces has no letters to look for.
  if (text === "" || (mode === "fuzzy" && text.trim() === "")) return { ...state, search: null };
  // It was looked for while it was typed.
  if (before?.listed && before.query.text === text && before.query.mode === mode) return { ...state, pane: "files" };
  const search: SearchState = {
    id: state.nextId,
    query: { text, mode, ignoreCase: text === text.toLowerCase() },
    // Until there are others those of the text before stay in sight.
    matches: before?.matches ?? [],
    perStep: before?.perStep ?? new Map(),
    isOld: true,
    running: true,
    truncated: false,
    listed: true,
    place: listStart,
  };
  return { ...state, search, nextId: state.nextId + 1, place: "layers", pane: "files" };
}

export function reduceSearch(
  state: State,
  action: Extract<Action, { type: "search-found" | "search-ended" | "next-hit" | "list-hits" }>,
): State {
  const { search } = state;
  if (!search) {
    return action.type === "next-hit"
      ? { ...state, message: { text: "nothing was searched: / searches", kind: "info" } }
      : state;
  }
  switch (action.type) {
    case "search-found":
      return action.id === search.id ? { ...state, search: withMatches(search, action.matches) } : state;
    case "search-ended":
      return action.id === search.id
        ? { ...state, search: { ...withMatches(search, []), running: false, truncated: action.truncated } }
        : state;
    case "list-hits":
      return { ...state, pane: "files", search: { ...search, listed: true } };
    case "next-hit":
      return nextHit(state, search, action.by);
  }
}

function withMatches(search: SearchState, matches: readonly SearchMatch[]): SearchState {
  const perStep = new Map(search.isOld ? [] : search.perStep);
  for (const { step } of matches) if (step !== null) perStep.set(step, (perStep.get(step) ?? 0) + 1);
  const before = search.isOld ? [] : search.matches;
  return { ...search, matches: [...before, ...matches], perStep, isOld: false };
}

export function moveHits(state: State, move: Move): State {
  const { search } = state;
  if (!search) return state;
  const place = moveCursor(search.place, move, search.matches.length, rowsOf(state, "files"));
  return { ...state, search: { ...search, place } };
}

function nextHit(state: State, search: SearchState, by: 1 | -1): State {
  const total = search.matches.length;
  if (total === 0) return { ...state, message: { text: search.running ? "still searching" : "no hits", kind: "info" } };
  // From the list the first n goes to the hit that is selected there.
  const cursor = search.listed ? search.place.cursor : (search.place.cursor + by + total) % total;
  return goToHit({ ...state, search: { ...search, place: { ...search.place, cursor } } });
}

/** Shows the selected hit where it is: in the step whose layer has it. */
export function goToHit(state: State): State {
  const { search, target } = state;
  const match = search?.matches[clamp(search.place.cursor, 0, search.matches.length - 1)];
  if (!search || !target || !match) return state;
  const at = target.steps.findIndex(step => step.number === match.step);
  const moved = at < 0 || at === state.steps.cursor ? state : { ...state, steps: { ...state.steps, cursor: at } };
  // What a layer deleted is not in its tree any more.
  const needsChanges = match.kind === "D" && state.files.mode === "tree";
  const files = needsChanges ? { ...state.files, mode: "changes" as const } : state.files;
  const reload = moved !== state || needsChanges || state.base !== null;
  return {
    ...moved,
    base: null,
    pane: "files",
    files: revealPath(reload ? loading(files) : files, match.path),
    search: { ...search, listed: false },
  };
}
