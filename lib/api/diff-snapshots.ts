import { LabError } from "../error.ts";
import type { ProgressOptions } from "../lab/questions.ts";
import { inSlices } from "../pausing.ts";
import { diffingSnapshots } from "../snapshot/diff-snapshots.ts";
import { Difference } from "./difference.ts";
import type { StepView } from "./step-view.ts";

/**
 * What turned the file system after one step into that after another one, of the same image or of two.
 *
 * @throws LabError `cancelled` when the signal fired.
 *
 * @example
 * ```ts
 * const [before, after] = await Promise.all(["previous", "latest"].map(name => openImage(name)));
 * const difference = await diffSnapshots(await before.lastStep(), await after.lastStep());
 * console.log(difference.added, difference.modified, difference.deleted);
 * ```
 */
export async function diffSnapshots(
  before: StepView,
  after: StepView,
  { signal }: Pick<ProgressOptions, "signal"> = {},
): Promise<Difference> {
  if (signal?.aborted) throw new LabError("cancelled", "interrupted");
  return new Difference(await inSlices(diffingSnapshots(before.files, after.files), signal));
}
