/** A cache folder with real layers and builds, for the terminal UI: small, and the same every time. */

import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { BuildRecord, LayerRef, Step } from "../../lib/model/build.ts";
import type { DiffId, Digest } from "../../lib/model/digest.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import { CacheFolder } from "../../lib/store/cache-folder.ts";

export interface TuiCache {
  readonly cache: CacheFolder;
  readonly builds: BuildStore;
  /** Adds a build whose last step wrote `greeting`. @returns its id. */
  addBuild(startedAt: string, greeting: string): Promise<string>;
  /** Adds a build that failed in its second step. @returns its id. */
  addFailedBuild(startedAt: string): Promise<string>;
  remove(): Promise<void>;
}

export async function createTuiCache(): Promise<TuiCache> {
  const root = await mkdtemp(join(tmpdir(), "kaniko-lab-tui-"));
  const cache = new CacheFolder(root);
  await cache.create();
  const builds = new BuildStore(cache);
  return {
    cache,
    builds,
    addBuild: (startedAt, greeting) => addBuild(cache, builds, startedAt, greeting),
    addFailedBuild: startedAt => addFailedBuild(cache, builds, startedAt),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Name to content; null: a folder; names of whiteouts as they are. */
export type LayerFiles = Readonly<Record<string, string | Buffer | null>>;

const baseFiles: LayerFiles = {
  "bin/": null,
  "bin/sh": Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3, 0xff, 0x41]),
  "etc/": null,
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
  "tmp/": null,
};

async function addBuild(cache: CacheFolder, builds: BuildStore, startedAt: string, greeting: string): Promise<string> {
  const base = await storeLayer(cache, baseFiles);
  const app = await storeLayer(cache, {
    "app/": null,
    "app/main.py": `import sys\n\nprint("hello")\n`,
    "app/notes\u202etxt": "a name that turns the screen around\n",
    "etc/": null,
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1:1::/app:/bin/sh\n",
  });
  const words = Array.from({ length: 3000 }, (_, at) => `word ${at + 1}`).join("\n");
  const data = await storeLayer(cache, {
    "app/": null,
    "app/greeting.txt": `${greeting}\n`,
    "app/words.txt": `${words}\n`,
    "tmp/": null,
    "tmp/.wh.nothing": "",
    "etc/": null,
    "etc/.wh.passwd": "",
  });
  const id = await builds.create(new Date(startedAt));
  const steps = [
    step(1, "FROM", "FROM example/base:1", { baseLayers: [base] }),
    step(2, "WORKDIR", "WORKDIR /app", { status: "metadata", cache: "hit" }),
    step(3, "COPY", "COPY . /app", { layer: app, counts: [3, 1, 0], cache: "miss" }),
    step(4, "RUN", `RUN ./prepare --with "a long command" && echo ${greeting}`, {
      layer: data,
      counts: [2, 0, 1],
      cache: "skipped",
    }),
  ];
  await builds.write(recordOf(id, startedAt, steps, [base, app, data]));
  await builds.release(id);
  return id;
}

async function addFailedBuild(cache: CacheFolder, builds: BuildStore, startedAt: string): Promise<string> {
  const base = await storeLayer(cache, baseFiles);
  const id = await builds.create(new Date(startedAt));
  const steps = [
    step(1, "FROM", "FROM example/base:1", { baseLayers: [base] }),
    step(2, "RUN", "RUN ./nothing", { status: "failed" }),
    step(3, "RUN", "RUN ./prepare", { status: "skipped" }),
  ];
  const failure = { message: "the command ended with exit status 127", step: 2, exitCode: 127 };
  await builds.write({ ...recordOf(id, startedAt, steps, []), status: "failed", failure });
  await builds.release(id);
  return id;
}

/** Keeps a layer of these files in the cache folder. */
export async function storeLayer(cache: CacheFolder, files: LayerFiles): Promise<LayerRef> {
  const tar = await tarOf(files);
  const blob = gzipSync(tar);
  const digest = `sha256:${sha256(blob)}` as Digest;
  await writeFile(cache.layerFile(digest, "gzip"), blob);
  return {
    digest,
    diffId: `sha256:${sha256(tar)}` as DiffId,
    sizeBytes: blob.length,
    mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  };
}

async function tarOf(files: LayerFiles): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date("2026-01-02T03:04:05Z");
  for (const [name, content] of Object.entries(files)) {
    if (content === null) archive.entry({ name, type: "directory", mode: 0o755, mtime });
    else archive.entry({ name, mode: 0o644, mtime }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface StepFacts {
  readonly status?: Step["status"];
  readonly cache?: Step["cache"]["result"];
  readonly layer?: LayerRef;
  readonly baseLayers?: readonly LayerRef[];
  readonly counts?: readonly [added: number, modified: number, deleted: number];
}

function step(number: number, instruction: string, text: string, facts: StepFacts): Step {
  return {
    number,
    stage: { index: 0, name: "" },
    line: number * 2,
    endLine: number * 2,
    instruction,
    text,
    status: facts.status ?? "executed",
    cache: { key: facts.cache ? sha256(Buffer.from(text)) : null, result: facts.cache ?? "off", parts: null },
    layer: facts.layer ?? null,
    baseLayers: facts.baseLayers ?? [],
    baseStage: null,
    startedMs: number * 100,
    durationMs: number * 90,
    snapshotMs: null,
    added: facts.counts?.[0] ?? null,
    modified: facts.counts?.[1] ?? null,
    deleted: facts.counts?.[2] ?? null,
    bytesAdded: null,
  };
}

function recordOf(id: string, startedAt: string, steps: Step[], layers: LayerRef[]): BuildRecord {
  return {
    schemaVersion: 1,
    id,
    name: null,
    status: "succeeded",
    driver: "sandbox",
    executor: { source: "executor", version: "v1.28.3", family: "fork" },
    spec: {
      context: "/work/sample",
      dockerfile: "Dockerfile",
      buildArgs: {},
      target: null,
      destinations: [],
      cache: "oci",
      flags: [],
    },
    startedAt,
    durationMs: 1500,
    manifest: null,
    config: null,
    layers,
    steps,
    failure: null,
    warnings: [],
  };
}
