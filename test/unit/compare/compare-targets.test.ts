import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Comparison, compareTargets } from "../../../lib/compare/compare-targets.ts";
import { compareStepFiles } from "../../../lib/compare/step-files.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import type { Step } from "../../../lib/model/build.ts";
import type { Target } from "../../../lib/model/target.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { type LayerFiles, storeLayer } from "../../support/tui-cache.ts";
import { record, step } from "../build/sample-steps.ts";
import { temporaryFolder } from "../layer/temporary.ts";

async function emptyCache(): Promise<CacheFolder> {
  const cache = new CacheFolder(await temporaryFolder());
  await cache.create();
  return cache;
}

type StepForm = readonly [text: string, files: LayerFiles | null, more?: Partial<Step>];

/** Stores a build whose first step is the base. */
async function buildOf(cache: CacheFolder, forms: readonly StepForm[], config: object = {}): Promise<Target> {
  const store = new BuildStore(cache);
  const id = await store.create(new Date("2026-01-02T03:04:05Z"));
  const layers = await Promise.all(forms.map(([, files]) => (files === null ? null : storeLayer(cache, files))));
  const steps = forms.map(([text, , more], at) => {
    const layer = layers[at] ?? null;
    return step(at + 1, text, { added: 0, ...(at === 0 ? { baseLayers: layer ? [layer] : [] } : { layer }), ...more });
  });
  await store.write(record(id, { steps, layers: layers.filter(layer => layer !== null), durationMs: 1000 }));
  const document = { os: "linux", architecture: "amd64", config, rootfs: { diff_ids: [] } };
  await writeFile(join(cache.buildFolder(id), "config.json"), JSON.stringify(document));
  await store.release(id);
  return openLab({ cache }).openTarget(id);
}

function statuses({ pairs }: Comparison): string[] {
  return pairs.map(({ one, other, status }) => `${one?.number ?? "-"} ${other?.number ?? "-"} ${status}`);
}

const base: LayerFiles = { "etc/": null, "etc/passwd": "root\n", "bin/": null, "bin/sh": "sh" };

test("steps, files, config and totals of two builds, one step inserted and one edited", async () => {
  const cache = await emptyCache();
  const lab = openLab({ cache });
  const one = await buildOf(
    cache,
    [
      ["FROM a", base],
      ["COPY app /app", { "app/": null, "app/a": "one", "app/b": "same" }],
      ["RUN rm /bin/sh", { "bin/": null, "bin/.wh.sh": "" }],
      ["ENV A=1", null],
    ],
    { Env: ["A=1"] },
  );
  const other = await buildOf(
    cache,
    [
      ["FROM a", base],
      ["RUN mkdir /new", { "new/": null }],
      ["COPY app /app", { "app/": null, "app/a": "three", "app/c": "new" }],
      ["RUN rm /bin/sh", { "bin/": null, "bin/.wh.sh": "" }],
      ["ENV A=2", null],
    ],
    { Env: ["A=2"] },
  );
  const comparison = await compareTargets(cache, lab, one, other, {});
  expect(statuses(comparison)).toEqual(["1 1 same", "- 2 added", "2 3 files", "3 4 same", "4 5 edited"]);
  expect(comparison.pairs[2]?.files).toMatchObject({ added: 1, modified: 1, deleted: 1, bytesDelta: 1, timeOnly: 0 });
  expect(comparison.files).toMatchObject({ added: 2, modified: 1, deleted: 1 });
  expect(comparison.config).toMatchObject([{ kind: "M", field: "env", name: "A", before: "1", after: "2" }]);
  expect(comparison.other.unpackedBytes).toBe("root\n".length + "three".length + "new".length);
  expect(comparison.one.unpackedBytes).toBe("root\n".length + "one".length + "same".length);
  expect(comparison.other.sizeBytes).toBe(other.build?.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0));
  expect(comparison.differs).toBe(true);
});

test("of paths that only one of the steps touched it is told how they are after each", async () => {
  const cache = await emptyCache();
  const lab = openLab({ cache });
  const one = await buildOf(cache, [
    ["FROM a", base],
    ["RUN x", { "etc/": null, "etc/passwd": "changed", "bin/": null, "bin/.wh.sh": "" }],
  ]);
  const other = await buildOf(cache, [
    ["FROM a", base],
    ["RUN x", { "bin/": null, "bin/ls": "ls" }],
  ]);
  const sides = [one, other].map(target => ({ target, step: target.steps[1] as Step }));
  const { changes } = await compareStepFiles(lab, sides[0]!, sides[1]!, {});
  expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual(["A bin/ls", "A bin/sh", "M etc/passwd"]);
});

test("a build beside itself differs in nothing", async () => {
  const cache = await emptyCache();
  const one = await buildOf(cache, [["FROM a", base]]);
  const comparison = await compareTargets(cache, openLab({ cache }), one, one, {});
  expect(comparison).toMatchObject({ differs: false, config: [], files: { added: 0, modified: 0, deleted: 0 } });
});

test("where a layer was not kept, what the step left is unknown, and no difference is claimed", async () => {
  const cache = await emptyCache();
  const lost = { added: null } as const;
  const forms = [
    ["FROM a AS x", base],
    ["WORKDIR /x", null, lost],
    ["RUN y", null, { status: "failed" }],
    ["RUN z", null, { status: "skipped" }],
  ] as const;
  const [one, other] = [await buildOf(cache, forms), await buildOf(cache, forms)];
  const comparison = await compareTargets(cache, openLab({ cache }), one, other, {});
  expect(statuses(comparison)).toEqual(["1 1 same", "2 2 unknown", "3 3 unknown", "4 4 same"]);
  expect(comparison.differs).toBe(false);
});
