import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultSpec } from "../../../lib/build/build-spec.ts";
import type { BuildRequest } from "../../../lib/build/run-build.ts";
import type { ExecutorDriver } from "../../../lib/executor/port.ts";
import { foresee } from "../../../lib/prediction/foresee.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-foresee-"));
  await mkdir(join(root, "context"));
  await writeFile(join(root, "context/Dockerfile"), "FROM scratch\nCOPY a /a\nCOPY a /b\n");
  await writeFile(join(root, "context/a"), "a\n");
});
afterAll(() => rm(root, { recursive: true }));

function requestWith(layerCachePlace: string | undefined): BuildRequest {
  const driver: ExecutorDriver = {
    name: "kubernetes",
    layerCachePlace,
    probe: async () => ({ available: true, detail: "", hint: "" }),
    identify: async () => ({ family: "fork", version: "v1.28.3", source: "executor" }),
    run: () => {
      throw new Error("nothing runs for a prediction");
    },
  };
  return {
    spec: { ...defaultSpec, context: join(root, "context") },
    source: { kind: "image", reference: "executor" },
    sourceName: "executor",
    driver,
    why: "",
    cache: new CacheFolder(join(root, "cache")),
    workingFolder: root,
    signal: new AbortController().signal,
  };
}

test("a layer cache in a claim is not looked into: what it has is not known, not missing", async () => {
  const { steps, unknown } = await foresee(requestWith("the claim layers"), { edits: [] });
  expect(unknown).toBeNull();
  expect(steps.map(({ result, unknown: why }) => [result, why])).toEqual([
    ["off", null],
    ["unknown", "the layer cache is in the claim layers: not looked into"],
    ["unknown", "whether an instruction before it hits is not known"],
  ]);
  const here = await foresee(requestWith(undefined), { edits: [] });
  expect(here.steps.map(({ result }) => result)).toEqual(["off", "miss", "skipped"]);
  expect(steps.map(({ key }) => key)).toEqual(here.steps.map(({ key }) => key));
});
