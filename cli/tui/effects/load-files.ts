import type { Lab, ProgressOptions } from "../../../lib/lab/lab.ts";
import type { Step } from "../../../lib/model/build.ts";
import type { Change } from "../../../lib/model/snapshot.ts";
import { changeSource } from "../files/change-source.ts";
import type { FileSource } from "../files/file-source.ts";
import { treeSource } from "../files/tree-source.ts";
import { type Comparison, comparisonOf, shownMode } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** A tree is marked with the changes of its step unless there are more than this. */
const mostMarks = 20_000;
/** While the cursor runs through the steps only the one where it rests is loaded. */
const restMs = 60;

/** Loads the files of the selected step: its tree, or what changed. */
export function loadFiles(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: state => (state.target ? [state.target, state.steps.cursor, state.base, state.files.mode] : null),
    restMs,
    onError: message => store.dispatch({ type: "files-failed", message }),
    async run(state, signal) {
      const comparison = comparisonOf(state);
      if (!comparison) return;
      const source = await withProgress(store, signal, options => sourceOf(lab, state, comparison, options));
      if (!signal.aborted) store.dispatch({ type: "files-loaded", source });
    },
  });
}

async function sourceOf(
  lab: Lab,
  state: State,
  { from, to, chosen }: Comparison,
  options: ProgressOptions,
): Promise<FileSource> {
  if (chosen && from) return changeSource(await lab.diff(from, to, options), options.signal);
  const isFirst = from === null || to.step.baseLayers.length > 0;
  // Of a base image everything is new: its tree says the same.
  if (shownMode(state) === "changes" && !isFirst) {
    return changeSource(await lab.changesOf(to.target, to.step, options), options.signal);
  }
  const snapshot = await lab.snapshotAt(to.target, to.step, options);
  const changes = !isFirst && canMark(to.step) ? await lab.changesOf(to.target, to.step, options) : [];
  return treeSource(snapshot, new Map(changes.map((change: Change) => [change.path, change])));
}

function canMark({ layer, added, modified, deleted }: Step): boolean {
  return layer !== null && added !== null && added + (modified ?? 0) + (deleted ?? 0) <= mostMarks;
}
