/** What y and Y copy, depending on what is selected. */

import { showText } from "../../../lib/model/path-text.ts";
import { buildAt } from "../rows/build-rows.ts";
import { scopeOf, selectedFile, selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";

/** The name of what is selected: a path, an instruction, a build; "" when there is none. */
export function pathOf(state: State): string {
  switch (scopeOf(state)) {
    case "report":
      return state.report?.line ?? "";
    case "viewer":
      return state.viewer ? `/${state.viewer.path}` : "";
    case "hits": {
      const match = state.search?.matches[state.search.place.cursor];
      return match ? `/${match.path}` : "";
    }
    case "builds":
      return buildAt(state.builds, state.builds.place.cursor)?.id ?? state.builds.folder;
    case "files":
      return fileName(state);
    case "detail":
      return state.detailOf === "files" ? fileName(state) : (selectedStep(state)?.text ?? "");
    case "steps":
      return selectedStep(state)?.text ?? "";
    default:
      return "";
  }
}

function fileName(state: State): string {
  const file = selectedFile(state);
  return file ? `/${file.path}` : "";
}

/** The digest of the selected file's content, or of the step's layer; "" when there is none. */
export function digestOf(state: State): string {
  const file = state.detailOf === "files" ? selectedFile(state) : null;
  return file?.node?.contentDigest ?? selectedStep(state)?.layer?.digest ?? "";
}

/** Short enough for the line at the bottom. */
export function shortened(text: string): string {
  return showText(text.length > 200 ? `${text.slice(0, 200)} ..` : text);
}
