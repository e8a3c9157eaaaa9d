/** The one line of text that is asked for at the bottom. */

import type { Action, Edit } from "./actions.ts";
import { startSearch } from "./search-reducer.ts";
import { scopeOf, selectedFile } from "./select.ts";
import type { PromptKind, PromptState, State } from "./state.ts";
import { findInViewer } from "./viewer-reducer.ts";

const longestText = 1000;
const searchModes = ["substring", "glob", "regex"] as const;

export function reducePrompt(
  state: State,
  action: Extract<Action, { type: "ask" | "edit" | "switch-mode" | "answer" }>,
): State {
  if (action.type === "ask") return ask(state, action.kind);
  const { prompt } = state;
  if (!prompt) return state;
  switch (action.type) {
    case "edit":
      return { ...state, prompt: { ...prompt, ...editText(prompt, action.edit) } };
    case "switch-mode": {
      const mode = searchModes[(searchModes.indexOf(prompt.mode) + 1) % searchModes.length] as PromptState["mode"];
      return prompt.kind === "search" ? { ...state, prompt: { ...prompt, mode } } : state;
    }
    case "answer":
      return answer({ ...state, prompt: null }, prompt);
  }
}

function ask(state: State, kind: PromptKind): State {
  if (kind === "find" || !state.target) return kind === "find" ? openPrompt(state, kind, "", "") : state;
  if (kind === "search") return openPrompt(state, kind, "", "");
  const file = ["files", "detail"].includes(scopeOf(state)) ? selectedFile(state) : null;
  if (file?.mark === "-")
    return { ...state, message: { text: "this step deleted it: go to an earlier step to extract it", kind: "error" } };
  return openPrompt(state, kind, "extracted", file?.path ?? "");
}

function openPrompt(state: State, kind: PromptKind, text: string, path: string): State {
  const mode = kind === "search" ? (state.search?.query.mode ?? "substring") : "substring";
  return { ...state, message: null, prompt: { kind, text, cursor: text.length, mode, path } };
}

function answer(state: State, prompt: PromptState): State {
  switch (prompt.kind) {
    case "search":
      return startSearch(state, prompt);
    case "find":
      return findInViewer(state, prompt.text, 1);
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
