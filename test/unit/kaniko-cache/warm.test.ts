import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { warmInPod } from "../../../lib/cluster/warm-pod.ts";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import type { ExecutorDriver, RunRequest } from "../../../lib/executor/port.ts";
import { type WarmRequest, warmImages } from "../../../lib/kaniko-cache/warm/warm-images.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { startApiServer } from "../../support/api-server.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-warm-"));
});
afterAll(() => rm(root, { recursive: true }));

const signal = new AbortController().signal;

function requestWith(registryMaps: readonly string[], runs: RunRequest[]): WarmRequest {
  const driver: ExecutorDriver = {
    name: "sandbox",
    probe: async () => ({ available: true, detail: "", hint: "" }),
    identify: async () => ({ family: "fork", version: "v1.28.3", source: "warmer" }),
    // biome-ignore lint/correctness/useYield: a warmer that says nothing
    async *run(request) {
      runs.push(request);
    },
  };
  return {
    images: ["busybox:1"],
    folder: join(root, "base-images"),
    source: { kind: "image", reference: "warmer" },
    driver,
    cache: new CacheFolder(join(root, "cache")),
    force: false,
    platform: null,
    insecureRegistries: [],
    registryMirrors: ["mirror.example"],
    registryMaps,
    dockerConfigFile: null,
    signal,
    onProgress: () => {},
  };
}

test("the warmer gets a registry map as Kaniko finds it, or none: one that it would pass over is refused", async () => {
  const runs: RunRequest[] = [];
  await expect(warmImages(requestWith(["docker.io/library=r.example"], runs))).rejects.toThrow(/has a path/);
  expect(existsSync(join(root, "base-images"))).toBe(false);
  await warmImages(requestWith(["docker.io=r.example"], runs));
  expect(runs.map(({ args }) => args.join(" "))).toEqual([
    expect.stringContaining("--registry-mirror mirror.example --registry-map index.docker.io=r.example"),
  ]);
});

test("so is it in a Pod, before there is one", async () => {
  const asked: string[] = [];
  const server = await startApiServer((method, path) => {
    asked.push(`${method} ${path}`);
    return { status: 404, body: {} };
  });
  try {
    const request = {
      images: ["busybox:1"],
      warmer: "warmer",
      claim: "base",
      registrySecret: "regcred",
      insecureRegistries: [],
      registryMirrors: [],
      registryMaps: ["docker.io/library=r.example"],
      options: defaultKubernetesOptions,
      report: () => {},
      signal,
    };
    await expect(warmInPod(server.api, request)).rejects.toThrow(/has a path/);
    expect(asked).toEqual([]);
  } finally {
    await server.close();
  }
});
