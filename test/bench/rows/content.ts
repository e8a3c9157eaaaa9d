import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { runToFill } from "../fill-cache.ts";
import { inputs } from "../inputs.ts";
import { inflating, reading } from "../limits.ts";
import { isInstalled } from "../process-time.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** Contents: one file in the middle of a layer that was read before, and a search through all of them. */
export async function contentRows(): Promise<Row[]> {
  const gzip = await inputs.a();
  const zstd = isInstalled("zstd") ? zstdOf(gzip) : null;
  const cache = new BenchCache(inputs.cacheFolder("content"));
  // The last file that was packed, and one in the middle.
  const paths = ["usr/lib/packages/package-000599/module-99.js", "usr/lib/packages/package-000300/module-1.js"];
  const rows: Row[] = [];
  for (const layer of zstd === null ? [gzip] : [gzip, zstd]) {
    for (const [at, path] of paths.entries()) {
      runToFill(cache.warm("cat", layer, path));
      rows.push({
        work: `warm A, ${layer === gzip ? "gzip" : "zstd"}: cat ${at === 0 ? "the last file" : "one in the middle"}`,
        ours: cache.warm("cat", layer, path),
        peers: [],
        mustTakeSeconds: 0.3,
        limit: reading(cache.indexFiles()[0] as string),
      });
    }
  }
  const peers = [
    { name: "gzip -dc | grep -c", command: { argv: ["sh", "-c", `gzip -dc ${gzip} | grep -c ${nowhere}`] } },
  ];
  for (const [what, ...words] of [
    ["substring", nowhere],
    ["substring, any case", "--ignore-case", nowhere],
    ["regex", "--regex", "[0-9]{9}zzq"],
  ] as const) {
    rows.push({
      work: `A: search --content, ${what}`,
      ours: cache.warm("search", "--content", ...words, gzip),
      peers,
      limit: inflating(gzip),
    });
  }
  return rows;
}

const nowhere = "nowhere-to-be-found";

/** The same tar in one frame of zstd. */
function zstdOf(gzip: string): string {
  const zstd = gzip.replace(/gz$/, "zst");
  if (!existsSync(zstd))
    spawnSync("sh", ["-c", `gzip -dc ${gzip} | zstd -q -o ${zstd}.part && mv ${zstd}.part ${zstd}`]);
  return zstd;
}
