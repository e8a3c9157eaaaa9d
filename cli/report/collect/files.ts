/** The files of an image as columns. */

import { LabError } from "../../../lib/error.ts";
import { finalStep, layersUpTo } from "../../../lib/lab/chain.ts";
import type { EntryType } from "../../../lib/model/entry.ts";
import type { Snapshot, TreeNode } from "../../../lib/model/snapshot.ts";
import type { Target } from "../../../lib/model/target.ts";
import { rowsPerPause, Slices } from "../../../lib/pausing.ts";
import type { ReportFiles } from "../document.ts";
import type { ReportRequest } from "./request.ts";

/** Of an image with more, the smallest files are left out: a page of a million rows would be too large to send. */
const mostFiles = 250_000;

/** @throws LabError `not-found` for a target without an image, and what reading layers can throw. */
export async function collectFiles({ lab, progress }: ReportRequest, target: Target): Promise<ReportFiles> {
  const step = finalStep(target.steps);
  const hasImage = target.build === null ? target.layers.length > 0 : target.build.layers.length > 0;
  if (step === null || !hasImage) throw new LabError("not-found", "there is no image");
  const snapshot = await lab.snapshotAt(target, step, progress);
  const isShown = await largestFiles(snapshot, progress.signal);
  const stepOfLayer = layersUpTo(target.steps, step).map(({ step: number }) => number);
  const paths: string[] = [];
  const types: EntryType[] = [];
  const modes: number[] = [];
  const owners: string[] = [];
  const sizesBytes: number[] = [];
  const mtimesSeconds: number[] = [];
  const links: (string | null)[] = [];
  const steps: number[] = [];
  const slices = new Slices(progress.signal);
  let done = 0;
  for (const node of snapshot.walk()) {
    done += 1;
    if (done % rowsPerPause === 0 && slices.isOver) {
      progress.onProgress?.("listing files", done, snapshot.nodeCount, "rows");
      await slices.next();
    }
    if (!isShown(node)) continue;
    paths.push(node.path);
    types.push(node.type);
    modes.push(node.mode);
    owners.push(`${node.uid}:${node.gid}`);
    sizesBytes.push(node.treeBytes);
    mtimesSeconds.push(Number(node.mtimeNs / 1_000_000_000n));
    links.push(node.linkTarget);
    steps.push(node.layer < 0 ? 0 : (stepOfLayer[node.layer] ?? 0));
  }
  const leftOut = snapshot.nodeCount - paths.length;
  return { step: step.number, paths, types, modes, owners, sizesBytes, mtimesSeconds, links, steps, leftOut };
}

/** Which nodes are shown: all, or the largest files with their folders. Asked once for each node, in the order of the walk. */
async function largestFiles(snapshot: Snapshot, signal: AbortSignal | undefined): Promise<(node: TreeNode) => boolean> {
  if (snapshot.nodeCount <= mostFiles) return () => true;
  const sizes = new Float64Array(snapshot.nodeCount);
  const slices = new Slices(signal);
  let at = 0;
  for (const node of snapshot.walk()) {
    if (at % rowsPerPause === 0 && slices.isOver) await slices.next();
    sizes[at++] = ownBytes(node);
  }
  const smallest = sizes.sort()[snapshot.nodeCount - mostFiles]!;
  // Of those that are as large as the smallest one there is not room for all.
  let room = mostFiles - sizes.length + sizes.findLastIndex(size => size <= smallest) + 1;
  return node => {
    if (node.type === "dir") return node.treeBytes >= smallest;
    if (ownBytes(node) === smallest) return room-- > 0;
    return ownBytes(node) > smallest;
  };
}

/** Hard links take no room of their own, and no folder is larger by them. */
function ownBytes({ type, sizeBytes }: TreeNode): number {
  return type === "file" ? sizeBytes : 0;
}
