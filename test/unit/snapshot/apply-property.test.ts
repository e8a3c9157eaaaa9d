import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change, Snapshot } from "../../../lib/model/snapshot.ts";
import { applyLayer, emptySnapshot } from "../../../lib/snapshot/apply-layers.ts";
import { diffSnapshots } from "../../../lib/snapshot/diff-snapshots.ts";
import { layerChanges } from "../../../lib/snapshot/layer-changes.ts";
import { applyToModel, type ModelTree } from "./naive-model.ts";
import { indexOfItems, layersOfItems } from "./tar-items.ts";

/** Byte order of names, folders before what is in them. */
function treeOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one.replaceAll("/", "\0")), Buffer.from(other.replaceAll("/", "\0")));
}

function linesOfModel(tree: ModelTree): string[] {
  return [...tree.keys()].sort(treeOrder).map(path => `${path} ${tree.get(path)?.type} ${tree.get(path)?.id}`);
}

function linesOfSnapshot(snapshot: Snapshot): string[] {
  return [...snapshot.walk()].map(node => `${node.path} ${node.type} ${idOf(node)}`);
}

function idOf(node: { layer: number; mtimeNs: bigint }): string {
  return node.layer < 0 ? "implied" : String(node.mtimeNs / 1_000_000_000n);
}

function steps(layers: Parameters<typeof indexOfItems>[0][]) {
  let snapshot = emptySnapshot;
  let model: ModelTree = new Map();
  return layers.map(items => {
    const index = indexOfItems(items);
    const step = {
      index,
      before: snapshot,
      after: applyLayer(snapshot, index),
      modelBefore: model,
      model: applyToModel(model, items),
    };
    snapshot = step.after;
    model = step.model;
    return step;
  });
}

test("layers applied to snapshots give what the naive model gives, in tree order", () => {
  fc.assert(
    fc.property(layersOfItems, layers => {
      for (const { after, model } of steps(layers)) {
        expect(linesOfSnapshot(after)).toEqual(linesOfModel(model));
        expect(after.nodeCount).toBe(model.size);
      }
    }),
    { numRuns: 3000 },
  );
});

test("nodes are found by path, children are the direct ones, sums fit", () => {
  fc.assert(
    fc.property(layersOfItems, layers => {
      const { after } = steps(layers).at(-1)!;
      const all = ["", ...[...after.walk()].map(node => node.path)];
      for (const path of all) {
        const children = all.filter(
          other => other !== "" && other.slice(0, Math.max(0, other.lastIndexOf("/"))) === path,
        );
        expect(after.node(path)?.path).toBe(path);
        expect(after.children(path).map(node => node.path)).toEqual(children);
        expect(after.node(path)?.childCount).toBe(children.length);
        expect([...after.walk(path)].map(node => node.path)).toEqual(
          all.filter(other => other !== "" && (path === "" || other.startsWith(`${path}/`))),
        );
      }
      expect(after.node("no/such/path")).toBeNull();
    }),
    { numRuns: 300 },
  );
});

test("the changes of a layer are the differences of the snapshots around it", () => {
  fc.assert(
    fc.property(layersOfItems, layers => {
      for (const { before, after, index, modelBefore, model } of steps(layers)) {
        const changes = [...layerChanges(before, index)].map(lineOf);
        expect(changes).toEqual([...diffSnapshots(before, after, { rewritten: true })].map(lineOf));
        expect(changes).toEqual(changesOfModels(modelBefore, model));
      }
    }),
    { numRuns: 1000 },
  );
});

function lineOf(change: Change): string {
  const what = change.kind === "M" ? ` ${change.causes.includes("type") ? "type" : "same type"}` : "";
  return `${change.kind} ${change.path}${what}`;
}

function changesOfModels(before: ModelTree, after: ModelTree): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort(treeOrder);
  return paths.flatMap(path => {
    const [one, other] = [before.get(path), after.get(path)];
    if (one === undefined) return [`A ${path}`];
    if (other === undefined) return [`D ${path}`];
    if (one === other) return [];
    return [`M ${path} ${one.type === other.type ? "same type" : "type"}`];
  });
}
