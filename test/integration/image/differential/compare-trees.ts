import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { indexLayer } from "../../../../lib/layer/index-layer.ts";
import type { Snapshot } from "../../../../lib/model/snapshot.ts";
import { applyLayers } from "../../../../lib/snapshot/apply-layers.ts";
import { type Tree, type TreeFacts, treeOfSnapshot, treeOnDisk } from "./tree-lines.ts";

async function snapshotOf(folder: string, tars: readonly Buffer[]): Promise<Snapshot> {
  const indexes = [];
  for (const [at, tar] of tars.entries()) {
    const file = join(folder, `layer-${at}.tar`);
    writeFileSync(file, tar);
    indexes.push(await indexLayer({ file, offset: 0, sizeBytes: tar.length }, { indexFile: `${file}.index` }));
  }
  return applyLayers(indexes);
}

/** Layers as tars, read by us and unpacked below a folder by another program. */
export async function expectSameTree(
  tars: readonly Buffer[],
  unpack: (folder: string, tars: readonly Buffer[]) => string,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kaniko-lab-differential-"));
  try {
    const snapshot = await snapshotOf(folder, tars);
    const startedMs = Date.now();
    compareTrees(treeOfSnapshot(snapshot), treeOnDisk(unpack(folder, tars)), startedMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every path with all that is known of it; what was unpacked since `startedMs` may have times of its own. */
export function compareTrees(ours: Tree, theirs: Tree, startedMs: number): void {
  const factsTold = factsToldOf(ours, theirs, startedMs);
  expect(linesOf(ours, factsTold)).toEqual(linesOf(theirs, factsTold));
}

/** Leaves out what no layer says. */
function factsToldOf(ours: Tree, theirs: Tree, startedMs: number): (facts: TreeFacts) => Partial<TreeFacts> {
  return facts => {
    const isImplied = ours.get(facts.path)?.isImplied ?? false;
    const mode = isImplied ? "" : facts.mode;
    const owner = isImplied ? "" : facts.owner;
    const mtime = hasTimeOfUnpacking(theirs.get(facts.path), startedMs) ? "" : facts.mtime;
    return { ...facts, mode, owner, mtime, isImplied };
  };
}

function linesOf(tree: Tree, factsTold: (facts: TreeFacts) => Partial<TreeFacts>): string[] {
  return [...tree.values()].map(facts => JSON.stringify(factsTold(facts))).sort();
}

/** A folder that was made or touched by unpacking alone. The clock of files runs a tick behind. */
function hasTimeOfUnpacking(facts: TreeFacts | undefined, startedMs: number): boolean {
  if (facts?.type !== "dir") return false;
  const mtimeMs = Number(BigInt(facts.mtime) / 1_000_000n);
  return mtimeMs >= startedMs - 100 && mtimeMs <= Date.now();
}
