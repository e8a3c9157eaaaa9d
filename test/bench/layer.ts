import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readIndexFile } from "../../lib/layer/index-file.ts";
import { indexLayer } from "../../lib/layer/index-layer.ts";
import { createMatcher, type MatcherOptions, searchPaths } from "../../lib/layer/search-paths.ts";
import { applyLayer, applyLayers } from "../../lib/snapshot/apply-layers.ts";
import { diffSnapshots } from "../../lib/snapshot/diff-snapshots.ts";
import { layerChanges } from "../../lib/snapshot/layer-changes.ts";
import { layerA, layerB } from "./layer-inputs.ts";

/** Measures the layer engine on layers made in the temporary folder: `node test/bench/layer.ts`. */

const folder = path.join(tmpdir(), "klab-bench");
mkdirSync(folder, { recursive: true });

async function measured<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await act();
  const maximumMb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${what.padEnd(56)} ${(performance.now() - start).toFixed(0).padStart(7)} ms   peak ${maximumMb} MB`);
  return result;
}

async function benchIndex(name: string, file: string) {
  const blob = { file, offset: 0, sizeBytes: statSync(file).size };
  const indexFile = `${file}.index`;
  rmSync(indexFile, { force: true });
  const index = await measured(`${name}: cold index`, () => indexLayer(blob, { indexFile }));
  await measured(`${name}: gzip -dc, for comparison`, () => spawnSync("sh", ["-c", `gzip -dc ${file} > /dev/null`]));
  await measured(`${name}: tar -tzf, for comparison`, () => spawnSync("sh", ["-c", `tar -tzf ${file} | wc -l`]));
  console.log(
    `${name}: ${index.entryCount} entries, ${index.tarBytes} bytes of tar, index ${statSync(indexFile).size} bytes`,
  );
  return measured(`${name}: warm open`, async () => await readIndexFile(indexFile));
}

const files = { a: path.join(folder, "a.tar.gz"), b: path.join(folder, "b.tar.gz") };
await layerA(files.a);
await layerB(files.b);
const a = await benchIndex("A", files.a);
const b = await benchIndex("B", files.b);

const base = await measured("apply B", () => applyLayers([b]));
const both = await measured("apply A on B", () => applyLayer(base, a));
await measured("changes of A on B", () => [...layerChanges(base, a)].length);
await measured("apply B on B, everything rewritten", () => applyLayer(base, b));
await measured("differences of B and B with A", () => [...diffSnapshots(base, both)].length);
await measured("differences of A and B", () => [...diffSnapshots(applyLayers([a]), base)].length);
await measured("sizes of all folders", () => both.node("usr")?.treeBytes);
await measured("children of a folder of 10,000", () => both.children("usr/lib/packages").length);

const searches: [string, MatcherOptions][] = [
  ["module-7", { mode: "substring" }],
  ["MODULE-7", { mode: "substring", ignoreCase: true }],
  ["**/*-7.js", { mode: "glob" }],
  ["module-[0-9]\\.js$", { mode: "regex" }],
];
for (const [pattern, options] of searches) {
  await measured(
    `search B: ${options.mode} ${pattern}`,
    () => [...searchPaths(b, createMatcher(pattern, options))].length,
  );
}
