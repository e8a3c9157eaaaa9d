import { resolve } from "node:path";
import type { Lab } from "../../../lib/lab/lab.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { selectedStep } from "../state/select.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

export function extractFiles(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: ({ extraction }) => extraction && [extraction.id],
    async run(state, signal) {
      const { extraction, target } = state;
      const step = selectedStep(state);
      if (!extraction || !target || !step) return;
      const folder = resolve(extraction.folder);
      const request = { paths: extraction.path === "" ? [] : [extraction.path], folder, preserveOwner: false };
      const files = await withProgress(store, signal, options => lab.extract(target, step, request, options));
      store.dispatch({ type: "say", text: `extracted ${files} files to ${showText(folder)}`, kind: "info" });
    },
  });
}
