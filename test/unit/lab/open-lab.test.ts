import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChainSnapshots } from "../../../lib/lab/chain-snapshots.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import { indexLayer } from "../../../lib/layer/index-layer.ts";
import type { LayerRef, Step } from "../../../lib/model/build.ts";
import { type Digest, parseDiffId } from "../../../lib/model/digest.ts";
import type { Target } from "../../../lib/model/target.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { step } from "../build/sample-steps.ts";
import { digestOf, makeTar } from "../image/samples.ts";

let root: string;
let cache: CacheFolder;
let lab: Lab;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-lab-"));
  cache = new CacheFolder(join(root, "cache"));
  await cache.create();
  lab = openLab({ cache });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface MadeLayer {
  readonly ref: LayerRef;
  readonly file: string;
}

async function makeLayer(name: string, content: string | Buffer = name): Promise<MadeLayer> {
  const tar = await makeTar([{ name, content }]);
  const digest = digestOf(tar);
  const file = join(root, `${digest.slice(7)}.tar`);
  writeFileSync(file, tar);
  return { file, ref: { digest, diffId: parseDiffId(digest), sizeBytes: tar.length, mediaType: "" } };
}

function targetOf(layers: readonly MadeLayer[], steps: readonly Step[]): Target {
  const stepOf = (layer: MadeLayer) =>
    steps.find(({ layer: own, baseLayers }) => own === layer.ref || baseLayers.includes(layer.ref))?.number ?? null;
  return {
    name: "sample",
    build: null,
    image: null,
    steps,
    layers: layers.map((layer, index) => ({
      ...layer.ref,
      blob: { file: layer.file, offset: 0, sizeBytes: layer.ref.sizeBytes },
      index,
      step: stepOf(layer),
    })),
  };
}

/** A target with one step for each layer. */
async function chainOf(count: number): Promise<Target> {
  const layers = await Promise.all(Array.from({ length: count }, (_, at) => makeLayer(`file-${at}`)));
  return targetOf(
    layers,
    layers.map((layer, at) => step(at + 1, at === 0 ? "FROM x" : `RUN ${at}`, { layer: layer.ref })),
  );
}

test("one reader of a layer goes, the other one gets it", async () => {
  // Large enough for a thread of its own.
  const layer = await makeLayer("large", Buffer.alloc(1 << 20));
  const { layers } = targetOf([layer], [step(1, "FROM x", { layer: layer.ref })]);
  const leaving = new AbortController();
  const left = lab.indexes(layers, { signal: leaving.signal });
  const stayed = lab.indexes(layers, { signal: new AbortController().signal });
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: "cancelled" });
  expect((await stayed)[0]?.digest).toBe(layer.ref.digest);
});

test("the only reader goes: it is told, and may come again", async () => {
  const layer = await makeLayer("large", Buffer.alloc(1 << 20));
  const { layers } = targetOf([layer], [step(1, "FROM x", { layer: layer.ref })]);
  const leaving = new AbortController();
  const left = lab.indexes(layers, { signal: leaving.signal });
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: "cancelled" });
  expect((await lab.indexes(layers))[0]?.digest).toBe(layer.ref.digest);
});

test("more layers than file systems are kept: the last one is still there when it is asked again", async () => {
  const target = await chainOf(100);
  const last = target.steps.at(-1) as Step;
  const snapshot = await lab.snapshotAt(target, last);
  expect(snapshot.nodeCount).toBe(100);
  expect(await lab.snapshotAt(target, last)).toBe(snapshot);
  const before = await lab.snapshotAt(target, target.steps[98] as Step);
  expect(before.nodeCount).toBe(99);
  expect(await lab.snapshotAt(target, last)).toBe(snapshot);
});

test("each layer is applied once, however long the chain that is walked along", async () => {
  const snapshots = new ChainSnapshots();
  const layers = await Promise.all(Array.from({ length: 80 }, (_, at) => makeLayer(`file-${at}`)));
  const digests: Digest[] = [];
  const opened: number[] = [];
  for (const { ref, file } of layers) {
    digests.push(ref.digest);
    const blob = { file, offset: 0, sizeBytes: ref.sizeBytes };
    const snapshot = await snapshots.after(digests, async from => {
      opened.push(from);
      return [await indexLayer(blob, { indexFile: cache.indexFile(ref.digest) })];
    });
    expect(snapshot.nodeCount).toBe(digests.length);
  }
  expect(opened).toEqual(layers.map((_, at) => at));
  expect((await snapshots.after([], async () => [])).nodeCount).toBe(0);
});

test("a search tells of each base layer what it did upon those below", async () => {
  const [first, other, second] = [await makeLayer("a"), await makeLayer("b"), await makeLayer("a", "changed")];
  const layers = [first, other, second];
  const target = targetOf(layers, [step(1, "FROM x", { baseLayers: layers.map(layer => layer.ref) })]);
  const found: string[] = [];
  const query = { text: ".", mode: "regex", ignoreCase: false } as const;
  for await (const { path, kind, layer } of lab.search(target, query)) found.push(`${layer.index} ${kind} ${path}`);
  expect(found).toEqual(["0 A a", "1 A b", "2 M a"]);
});

test("the index of a bare layer file gets its second name at once: nothing is written through what stands there", async () => {
  const { file, ref } = await makeLayer("bare");
  const outside = join(root, "outside");
  const index = cache.indexFile(ref.digest);
  symlinkSync(outside, index);
  const target = await lab.openTarget(file);
  expect(target.layers.map(layer => layer.digest)).toEqual([ref.digest]);
  expect(existsSync(outside)).toBe(false);
  expect(lstatSync(index).isFile()).toBe(true);
  expect(readdirSync(cache.indexes).filter(name => name.startsWith(".new"))).toEqual([]);
});
