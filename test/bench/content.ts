import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { indexLayer } from "../../lib/layer/index-layer.ts";
import { layerA } from "./layer-inputs.ts";

/**
 * Measures reading from the middle of a layer and the search of contents, as whole commands, on a layer of 640 MB made in
 * the temporary folder, or on one that is named: `node test/bench/content.ts [LAYER.tar.gz]`. Uses dist/ where it is built.
 */

const folder = path.join(tmpdir(), "klab-bench");
mkdirSync(folder, { recursive: true });
const cache = path.join(folder, "content-cache");
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache);

const built = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));
const program = existsSync(built) ? built : fileURLToPath(new URL("../../cli/bin.ts", import.meta.url));

function measured(what: string, command: string, ...args: string[]): void {
  const start = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
  const took = `${(performance.now() - start).toFixed(0).padStart(7)} ms`;
  console.log(`${what.padEnd(60)} ${took}${error || status === null || status > 1 ? "   failed" : ""}`);
}

const lab = (what: string, ...args: string[]) =>
  measured(what, process.execPath, program, ...args, "--cache-dir", cache, "--quiet");
const sh = (what: string, line: string) => measured(what, "sh", "-c", line);

const gzip = process.argv[2] ?? path.join(folder, "a.tar.gz");
if (process.argv[2] === undefined) await layerA(gzip);
const zstd = path.join(folder, `${path.basename(gzip)}.zst`);
if (!existsSync(zstd)) spawnSync("sh", ["-c", `gzip -dc '${gzip}' | zstd -q -o '${zstd}'`]);
const blob = { file: gzip, offset: 0, sizeBytes: statSync(gzip).size };
const index = await indexLayer(blob, { indexFile: path.join(cache, "index-of-bench") });

/** The last file that begins before this part of the tar. */
function fileAt(part: number): string {
  let found = 0;
  for (let i = 0; i < index.entryCount; i += 1) {
    const { type, contentOffset } = index.entry(i);
    if (type === "file" && contentOffset <= index.tarBytes * part) found = i;
  }
  return index.path(found);
}

console.log(`${index.entryCount} entries, ${index.tarBytes} bytes of tar, ${availableParallelism()} cores`);
for (const [name, layer] of [
  ["gzip", gzip],
  ["zstd", zstd],
] as const) {
  if (!existsSync(layer)) continue;
  lab(`${name}: layers, cold: the index is made`, "layers", layer);
  lab(`${name}: layers, warm: what every command costs`, "layers", layer);
  for (const part of [0.99, 0.5, 0.05]) {
    lab(`${name}: cat at ${part * 100} % of the layer, first time`, "cat", layer, fileAt(part));
    lab(`${name}: cat at ${part * 100} % of the layer, second time`, "cat", layer, fileAt(part));
  }
}
sh("gzip -dc, for comparison", `gzip -dc '${gzip}' > /dev/null`);
sh("gzip -dc | grep -c, for comparison", `gzip -dc '${gzip}' | grep -c nowhere-to-be-found`);
if (spawnSync("rg", ["--version"]).status === 0) sh("rg -z, for comparison", `rg -z -c nowhere-to-be-found '${gzip}'`);
for (const [what, ...words] of [
  ["substring", "nowhere-to-be-found"],
  ["substring, any case", "-i", "Nowhere-To-Be-Found"],
  ["regex with a literal", "-e", "nowhere-[a-z]+-found"],
  ["regex without", "-e", "[0-9]{9}zzq"],
] as const) {
  lab(`gzip: search --content, ${what}`, "search", "--content", ...words, gzip);
}
lab("zstd: search --content, substring", "search", "--content", "nowhere-to-be-found", zstd);
