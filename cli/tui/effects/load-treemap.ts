import type { SizeNode, SizeTreeOptions } from "../../../lib/analysis/treemap/size-tree.ts";
import { snapshotSizes } from "../../../lib/analysis/treemap/snapshot-sizes.ts";
import type { Lab, ProgressOptions, StepOf } from "../../../lib/lab/lab.ts";
import type { Snapshot } from "../../../lib/model/snapshot.ts";
import { inSlices } from "../../../lib/pausing.ts";
import { summingChanges } from "../../../lib/snapshot/change-tree.ts";
import { layered } from "../../../lib/snapshot/layered-snapshot.ts";
import type { TreemapSheet } from "../sheets/sheet.ts";
import { changedBytes, changeSizes } from "../sheets/treemap/change-sizes.ts";
import type { TreemapData } from "../sheets/treemap/treemap-data.ts";
import { selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** Two levels, and nothing that would be less than some characters. */
const shown: SizeTreeOptions = { depth: 2, smallestShare: 0.0004 };
const restMs = 60;

/** Loads the sizes below the folder that is shown. */
export function loadTreemap(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: state => {
      const sheet = treemapOf(state);
      return sheet && state.target ? [sheet.id, sheet.of, sheet.folder, state.target, state.steps.cursor] : null;
    },
    restMs,
    onError: error => {
      const sheet = treemapOf(store.getState());
      if (sheet) store.dispatch({ type: "sheet-failed", id: sheet.id, error });
    },
    async run(state, signal) {
      const sheet = treemapOf(state);
      const step = selectedStep(state);
      if (!sheet || !step || !state.target) return;
      const of = { target: state.target, step };
      const data = await withProgress(store, signal, options => dataOf(lab, sheet, of, options));
      if (!signal.aborted) store.dispatch({ type: "sheet-loaded", id: sheet.id, data });
    },
  });
}

function treemapOf({ sheet }: State): TreemapSheet | null {
  return sheet?.kind === "treemap" && !sheet.away ? sheet : null;
}

async function dataOf(
  lab: Lab,
  { of, folder }: TreemapSheet,
  { target, step }: StepOf,
  options: ProgressOptions,
): Promise<TreemapData> {
  const facts = { step: step.number, of };
  if (of === "changes") {
    const tree = await inSlices(summingChanges(await lab.changesOf(target, step, options)), options.signal);
    const bytes = await inSlices(changedBytes(tree), options.signal);
    const note = "This step changed no bytes of files.";
    return { ...facts, tree: changeSizes(tree, bytes, folder, shown), totalBytes: bytes.at(-1) ?? 0, note };
  }
  // Of its layer alone: as if nothing were below it.
  const alone = of === "layer" ? { ...target, steps: [step] } : target;
  const snapshot = await lab.snapshotAt(alone, step, options);
  await inSlices(layered(snapshot).summing(), options.signal);
  const note = of === "layer" ? "This step has no layer, or nothing is in it." : "There is nothing here.";
  return { ...facts, tree: sizesAt(snapshot, folder), totalBytes: snapshot.totalBytes, note };
}

/** A folder that this step does not have is empty. */
function sizesAt(snapshot: Snapshot, folder: string): SizeNode {
  return (
    snapshotSizes(snapshot, folder, shown) ?? {
      path: folder,
      name: folder,
      isFolder: true,
      sizeBytes: 0,
      children: [],
      restCount: 0,
    }
  );
}
