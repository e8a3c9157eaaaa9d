import type { Lab, ProgressOptions } from "../../../lib/lab/lab.ts";
import { inSlices } from "../../../lib/pausing.ts";
import type { ChangeList } from "../../../lib/snapshot/change-list.ts";
import { summingChanges } from "../../../lib/snapshot/change-tree.ts";
import { layered } from "../../../lib/snapshot/layered-snapshot.ts";
import { changeSource } from "../files/change-source.ts";
import type { FileSource } from "../files/file-source.ts";
import { treeSource } from "../files/tree-source.ts";
import { type Comparison, comparisonOf, shownMode } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

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
  const asTree = (changes: ChangeList) => inSlices(summingChanges(changes), options.signal);
  if (chosen && from) return changeSource(await asTree(await lab.diff(from, to, options)));
  const isFirst = from === null || to.step.baseLayers.length > 0;
  // Of a base image everything is new: its tree says the same.
  if (shownMode(state) === "changes" && !isFirst) {
    return changeSource(await asTree(await lab.changesOf(to.target, to.step, options)));
  }
  const snapshot = await lab.snapshotAt(to.target, to.step, options);
  await inSlices(layered(snapshot).summing(), options.signal);
  if (isFirst || to.step.layer === null) return treeSource(snapshot);
  return treeSource(snapshot, await asTree(await lab.changesOf(to.target, to.step, options)));
}
