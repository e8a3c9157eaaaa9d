import type { Lab } from "../../../lib/lab/lab.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";

/** Compares the viewed file with what it was before, when that is looked at. */
const equalText = "The contents are equal: only what the detail names was changed.";

export function diffViewedFile(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: ({ viewer }) => (viewer?.mode === "diff" && viewer.diff === null ? [viewer.id] : null),
    onError: message => {
      const { viewer } = store.getState();
      if (viewer) store.dispatch({ type: "view-failed", id: viewer.id, message });
    },
    async run({ viewer }, signal) {
      if (!viewer?.at) return;
      const { fileDiff } = await import("../../display/file-diff.ts");
      const text = await fileDiff(lab, viewer.before, viewer.at, viewer.path, { signal });
      const lines = text === null ? [equalText] : text.replace(/^=+\n/, "").split("\n");
      if (!signal.aborted) store.dispatch({ type: "view-diff", id: viewer.id, lines });
    },
  });
}
