/** The one line of text that is asked for at the bottom. */

import { completed, completeLine } from "../palette/complete-line.ts";
import { openFacts } from "../palette/open-facts.ts";
import { clamp } from "../text/window.ts";
import type { Action, Edit } from "./actions.ts";
import { findInReport } from "./report-reducer.ts";
import { moveHits, startSearch } from "./search-reducer.ts";
import { scopeOf, selectedFile } from "./select.ts";
import type { PromptKind, PromptState, State } from "./state.ts";
import { findInViewer } from "./viewer-reducer.ts";

const longestText = 4000;
const searchModes = ["substring", "glob", "regex", "fuzzy"] as const;

export function reducePrompt(
  state: State,
  action: Extract<Action, { type: "ask" | "edit" | "prompt-tab" | "recall" | "answer" }>,
): State {
  if (action.type === "ask") return ask(state, action.kind);
  const { prompt } = state;
  if (!prompt) return state;
  switch (action.type) {
    case "edit":
      return typed(state, { ...prompt, ...editText(prompt, action.edit) });
    case "prompt-tab":
      return typed(state, afterTab(state, prompt));
    case "recall":
      if (prompt.kind === "search") return moveHits(state, { unit: "row", by: -action.by });
      return { ...state, prompt: recall(prompt, state.palette.history, action.by) };
    case "answer":
      return answer({ ...state, prompt: null }, prompt);
  }
}

/** What is looked for is looked for while it is typed. */
function typed(state: State, prompt: PromptState): State {
  const next = { ...state, prompt };
  return prompt.kind === "search" && state.place === "layers" ? startSearch(next, prompt) : next;
}

/** The next way of searching, or as much of the command line as is certain. */
function afterTab(state: State, prompt: PromptState): PromptState {
  if (prompt.kind === "search") {
    const mode = searchModes[(searchModes.indexOf(prompt.mode) + 1) % searchModes.length] as PromptState["mode"];
    return { ...prompt, mode };
  }
  if (prompt.kind !== "command") return prompt;
  const before = prompt.text.slice(0, prompt.cursor);
  const after = prompt.text.slice(prompt.cursor);
  const line = completed(before, completeLine(before, state.palette, openFacts(state)));
  const text = after.startsWith(" ") && line.endsWith(" ") ? line + after.slice(1) : line + after;
  return { ...prompt, text, cursor: line.length };
}

function recall(prompt: PromptState, history: readonly string[], by: 1 | -1): PromptState {
  const recalled = clamp(prompt.recalled + by, 0, history.length);
  if (prompt.kind !== "command" || recalled === prompt.recalled) return prompt;
  const draft = prompt.recalled === 0 ? prompt.text : prompt.draft;
  const text = recalled === 0 ? draft : (history.at(-recalled) as string);
  return { ...prompt, recalled, draft, text, cursor: text.length };
}

function ask(state: State, kind: PromptKind): State {
  if (kind === "command") return openPrompt(state, kind, "", "");
  if (kind === "find" || !state.target) return kind === "find" ? openPrompt(state, kind, "", "") : state;
  if (kind === "search") return openPrompt(state, kind, "", "");
  const file = ["files", "detail"].includes(scopeOf(state)) ? selectedFile(state) : null;
  if (file?.mark === "-")
    return { ...state, message: { text: "this step deleted it: go to an earlier step to extract it", kind: "error" } };
  return openPrompt(state, kind, "extracted", file?.path ?? "");
}

function openPrompt(state: State, kind: PromptKind, text: string, path: string): State {
  const mode = kind === "search" ? (state.search?.query.mode ?? "substring") : "substring";
  return { ...state, message: null, prompt: { kind, text, cursor: text.length, mode, path, recalled: 0, draft: "" } };
}

function answer(state: State, prompt: PromptState): State {
  switch (prompt.kind) {
    case "search":
      return startSearch(state, prompt);
    case "find":
      return state.report ? findInReport(state, prompt.text, 1) : findInViewer(state, prompt.text, 1);
    case "command":
      // The reducer of all actions runs it.
      return state;
    case "extract":
      if (prompt.text.trim() === "") return state;
      return {
        ...state,
        nextId: state.nextId + 1,
        extraction: { id: state.nextId, path: prompt.path, folder: prompt.text.trim() },
      };
  }
}

export function editText(
  { text, cursor }: Pick<PromptState, "text" | "cursor">,
  edit: Edit,
): Pick<PromptState, "text" | "cursor"> {
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  switch (edit.kind) {
    case "insert": {
      const typed = edit.text.slice(0, Math.max(0, longestText - text.length));
      return { text: before + typed + after, cursor: cursor + typed.length };
    }
    case "delete-before":
      return withBefore(dropLast(before), after);
    case "delete-word":
      return withBefore(before.replace(/[^\s/]*[\s/]*$/, ""), after);
    case "delete-all":
      return withBefore("", after);
    case "delete-after":
      return { text: before + after.slice(firstLength(after)), cursor };
    case "left":
      return { text, cursor: dropLast(before).length };
    case "right":
      return { text, cursor: cursor + firstLength(after) };
    case "start":
      return { text, cursor: 0 };
    case "end":
      return { text, cursor: text.length };
  }
}

function withBefore(before: string, after: string): Pick<PromptState, "text" | "cursor"> {
  return { text: before + after, cursor: before.length };
}

/** Without its last character, which may be two UTF-16 units. */
function dropLast(text: string): string {
  return [...text].slice(0, -1).join("");
}

function firstLength(text: string): number {
  return [...text][0]?.length ?? 0;
}
