/** What a path was in the images of several builds. */

import { LabError } from "../error.ts";
import { finalStep, layersUpTo } from "../lab/chain.ts";
import type { Lab, ProgressOptions } from "../lab/lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord, LayerRef, Step } from "../model/build.ts";
import type { ChangeCause, Snapshot, TreeNode } from "../model/snapshot.ts";
import { emptySnapshot } from "../snapshot/apply-layers.ts";
import { changeAt } from "../snapshot/change-at.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

export interface PathInBuild {
  readonly build: BuildRecord;
  /** Null when the image has no such path, or could not be read. */
  readonly node: TreeNode | null;
  /** The step whose layer has it (of a base image's: FROM). */
  readonly step: Step | null;
  readonly layer: LayerRef | null;
  /** Against the build before that could be read: it came, changed, went; null when it is the same but for its time. */
  readonly kind: "A" | "M" | "D" | null;
  readonly causes: readonly ChangeCause[];
  /** Why the image could not be read; null when it could. */
  readonly unreadable: string | null;
}

/**
 * @param builds oldest first; those without an image are left out of the answer.
 * @throws LabError `cancelled`, and what has nothing to do with one build's layers
 */
export async function* pathThroughBuilds(
  cache: CacheFolder,
  lab: Lab,
  builds: readonly BuildRecord[],
  path: string,
  progress: ProgressOptions,
): AsyncGenerator<PathInBuild, void, void> {
  let before: Snapshot = emptySnapshot;
  for (const build of builds) {
    const last = finalStep(build.steps);
    if (build.layers.length === 0 || last === null) continue;
    try {
      const target = targetOfBuild(cache, build);
      const after = await lab.snapshotAt(target, last, progress);
      yield found(build, last, before, after, path);
      before = after;
    } catch (error) {
      if (!(error instanceof LabError) || !ofLayers.has(error.code)) throw error;
      yield { build, node: null, step: null, layer: null, kind: null, causes: [], unreadable: error.message };
    }
  }
}

/** What is wrong with the layers of one build says nothing about the others. */
const ofLayers: ReadonlySet<string> = new Set(["blob-missing", "damaged", "digest-mismatch", "too-large"]);

function found(build: BuildRecord, last: Step, before: Snapshot, after: Snapshot, path: string): PathInBuild {
  const node = after.node(path);
  const change = changeAt(before, after, path);
  const causes = change?.causes.filter(cause => cause !== "time") ?? [];
  const isTimeOnly = change?.kind === "M" && causes.length === 0;
  const maker = node === null || node.layer < 0 ? null : (layersUpTo(build.steps, last)[node.layer] ?? null);
  return {
    build,
    node,
    step: build.steps.find(step => step.number === maker?.step) ?? null,
    layer: maker?.layer ?? null,
    kind: change === null || isTimeOnly ? null : change.kind,
    causes,
    unreadable: null,
  };
}
