import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { type PathInBuild, pathThroughBuilds } from "../../../lib/compare/path-through-builds.ts";
import { relatedBuilds } from "../../../lib/compare/related-builds.ts";
import { openLab } from "../../../lib/lab/open-lab.ts";
import type { BuildRecord, LayerRef } from "../../../lib/model/build.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { record } from "../build/sample-steps.ts";
import { emptyCache, storeBuild } from "./stored-builds.ts";

async function through(cache: CacheFolder, builds: readonly BuildRecord[], path: string): Promise<PathInBuild[]> {
  const items: PathInBuild[] = [];
  for await (const item of pathThroughBuilds(cache, openLab({ cache }), builds, path, {})) items.push(item);
  return items;
}

function shown(items: readonly PathInBuild[]): string[] {
  return items.map(({ kind, causes, node, step }) => `${kind} ${causes.join(" ")} ${node?.sizeBytes} ${step?.number}`);
}

const base = { "etc/": null, "etc/passwd": "root" };

test("a path comes, stays, changes, goes; the step that made it is named", async () => {
  const cache = await emptyCache();
  const builds = [
    await storeBuild(cache, 1, [base]),
    await storeBuild(cache, 2, [base, { app: "one" }]),
    await storeBuild(cache, 3, [base, { other: "" }, { app: "one" }]),
    await storeBuild(cache, 4, [base, { app: "three" }]),
    await storeBuild(cache, 5, [base, { app: "three" }, { ".wh.app": "" }]),
  ];
  expect(shown(await through(cache, builds, "app"))).toEqual([
    "null  undefined undefined",
    "A  3 2",
    "null  3 3",
    "M content 5 2",
    "D  undefined undefined",
  ]);
  expect(shown(await through(cache, builds, "etc/passwd"))[4]).toBe("null  4 1");
});

test("a build whose layers are gone is said to be unreadable; the next is compared with the one before it", async () => {
  const cache = await emptyCache();
  const builds = [
    await storeBuild(cache, 1, [base, { app: "one" }]),
    await storeBuild(cache, 2, [base, { app: "gone" }]),
    await storeBuild(cache, 3, [base, { app: "one" }]),
    await storeBuild(cache, 4, [base], { layers: [], status: "failed" }),
  ];
  rmSync(cache.findLayer(((builds[1] as BuildRecord).layers[1] as LayerRef).digest) as string);
  const items = await through(cache, builds, "app");
  expect(items.map(({ build, kind }) => [build.id, kind])).toEqual([
    [builds[0]?.id, "A"],
    [builds[1]?.id, null],
    [builds[2]?.id, null],
  ]);
  expect(items[1]?.unreadable).toMatch(/the layer sha256:\w+ is not in the cache folder$/);
});

test("builds belong together by context and Dockerfile, or by name; oldest first", () => {
  const spec = record("20260101-000000-aaaa").spec;
  const builds = [
    record("20260104-000000-aaaa"),
    record("20260103-000000-aaaa", { name: "n", spec: { ...spec, context: "/elsewhere" } }),
    record("20260102-000000-aaaa", { spec: { ...spec, dockerfile: "Other" } }),
    record("20260101-000000-aaaa", { name: "n" }),
  ];
  const days = (build: BuildRecord) => relatedBuilds(builds, build).map(({ id }) => id.slice(6, 8));
  expect(days(builds[0] as BuildRecord)).toEqual(["01", "04"]);
  expect(days(builds[3] as BuildRecord)).toEqual(["01", "03", "04"]);
  expect(days(builds[2] as BuildRecord)).toEqual(["02"]);
});
