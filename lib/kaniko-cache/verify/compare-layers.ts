/** Whether two layers do the same to whatever lies below them, times aside. */

import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { LayerIndex } from "../../model/layer-index.ts";
import type { Change } from "../../model/snapshot.ts";
import type { Target } from "../../model/target.ts";
import type { ChangeList } from "../../snapshot/change-list.ts";

export interface LayerComparison {
  /** Other times and parents that are written again do not count. */
  readonly changes: ChangeList;
  /** Paths that only the first, or only the second, removes. */
  readonly onlyFirstRemoves: readonly string[];
  readonly onlySecondRemoves: readonly string[];
  /** Paths that differ in their times alone. */
  readonly timesOnly: number;
  readonly isSame: boolean;
}

/** Both targets are images of one layer. @throws LabError as `Lab.diff` */
export async function compareLayers(
  lab: Lab,
  [one, other]: readonly [Target, Target],
  progress: ProgressOptions,
): Promise<LayerComparison> {
  const [first, second] = [one.steps.at(-1), other.steps.at(-1)];
  if (!first || !second) throw new Error("a layer without a step");
  const all = await lab.diff({ target: one, step: first }, { target: other, step: second }, progress);
  const changes = all.select(change => !isTimeOnly(change));
  const [removedByOne, removedByOther] = [
    removedPaths(await lab.indexes(one.layers, progress)),
    removedPaths(await lab.indexes(other.layers, progress)),
  ];
  const onlyFirstRemoves = [...removedByOne].filter(path => !removedByOther.has(path));
  const onlySecondRemoves = [...removedByOther].filter(path => !removedByOne.has(path));
  return {
    changes,
    onlyFirstRemoves,
    onlySecondRemoves,
    timesOnly: all.length - changes.length,
    isSame: changes.length + onlyFirstRemoves.length + onlySecondRemoves.length === 0,
  };
}

function isTimeOnly({ kind, causes }: Change): boolean {
  return kind === "M" && causes.every(cause => cause === "time" || cause === "rewritten");
}

/** Paths that whiteouts name; those that make a folder opaque with a slash at their end. */
function removedPaths(layers: readonly LayerIndex[]): Set<string> {
  const paths = new Set<string>();
  for (const layer of layers) {
    for (let position = 0; position < layer.entryCount; position += 1) {
      const { path, whiteout } = layer.entry(position);
      if (whiteout !== null) paths.add(whiteout === "opaque" ? `${path}/` : path);
    }
  }
  return paths;
}
