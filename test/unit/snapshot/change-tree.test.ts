import fc from "fast-check";
import { expect, test } from "vitest";
import { atOnce, inSlices } from "../../../lib/pausing.ts";
import { applyLayers } from "../../../lib/snapshot/apply-layers.ts";
import { changeClasses } from "../../../lib/snapshot/change-list.ts";
import { type ChangeTree, summingChanges } from "../../../lib/snapshot/change-tree.ts";
import { diffSnapshots } from "../../../lib/snapshot/diff-snapshots.ts";
import { file, tar } from "../layer/make-tar.ts";
import { indexed } from "../layer/temporary.ts";

const names = fc.constantFrom("a", "a-b", "ab", "b", "é");
const paths = fc.array(
  fc.array(names, { minLength: 1, maxLength: 4 }).map(parts => parts.join("/")),
  { maxLength: 12 },
);
const contents = fc.constantFrom("", "x", "yy");

async function treeOf(before: readonly (readonly [string, string])[], after: readonly (readonly [string, string])[]) {
  const [one, other] = await Promise.all(
    [before, after].map(async files =>
      applyLayers([(await indexed(tar(...files.map(([path, text]) => file(path, text))))).index]),
    ),
  );
  return atOnce(summingChanges(diffSnapshots(one!, other!)));
}

/** Every path of the tree by walking down, with whether it is changed itself. */
function walk(tree: ChangeTree, path = ""): { path: string; own: boolean; from: number; to: number }[] {
  return [...tree.children(path)].flatMap(child => [child, ...walk(tree, child.path)]);
}

test("a walk down the tree meets every change once, in order, each folder with the sums of what is below it", async () => {
  const sides = fc.tuple(paths, paths, fc.array(contents, { minLength: 24, maxLength: 24 }));
  await fc.assert(
    fc.asyncProperty(sides, async ([one, other, texts]) => {
      const named = (list: readonly string[], from: number) =>
        list.map((path, at) => [path, texts[from + at] as string] as const);
      const tree = await treeOf(named(one, 0), named(other, 12));
      const changes = [...tree.changes];
      const met = walk(tree);
      expect(met.filter(({ own }) => own).map(({ path }) => path)).toEqual(changes.map(({ path }) => path));
      for (const { path, from, to } of met) {
        const below = changes.filter(change => change.path === path || change.path.startsWith(`${path}/`));
        expect(changes.slice(from, to)).toEqual(below);
        const bytes = below.reduce((sum, { before, after }) => sum + bytesOf(after) - bytesOf(before), 0);
        expect(tree.bytesDelta(from, to)).toBe(bytes);
        const count = changeClasses.reduce((sum, kind) => sum + tree.count(kind, from, to), 0);
        expect(count).toBe(below.length);
      }
      for (const [at, change] of changes.entries()) expect(tree.find(change.path)).toBe(at);
      expect(tree.find("a/nowhere")).toBe(-1);
    }),
    { numRuns: 60 },
  );
});

function bytesOf(node: { readonly type: string; readonly sizeBytes: number } | null): number {
  return node?.type === "file" ? node.sizeBytes : 0;
}

test("work in slices gives way to what else is waiting, and ends when it is no longer wanted", async () => {
  const stop = new AbortController();
  let turns = 0;
  function* endless(): Generator<void, never, void> {
    for (;;) yield;
  }
  const count = () => {
    turns += 1;
    if (turns === 3) stop.abort();
    else setImmediate(count);
  };
  setImmediate(count);
  await expect(inSlices(endless(), stop.signal)).rejects.toMatchObject({ code: "cancelled" });
  expect(turns).toBe(3);
});
