import { runToFill } from "../fill-cache.ts";
import { inputs } from "../inputs.ts";
import { reading } from "../limits.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** Warm: paths of a million entries. */
export async function searchRows(): Promise<Row[]> {
  const b = await inputs.b();
  const cache = new BenchCache(inputs.cacheFolder("warm-B"));
  runToFill(cache.warm("layers", b));
  const searches = [
    ["substring", ["module-77"]],
    ["glob", ["--glob", "**/*-7.js"]],
    ["regex", ["--regex", "module-[0-9]\\.js$"]],
  ] as const;
  return searches.map(([mode, args]) => ({
    work: `warm B: search ${mode}`,
    ours: cache.warm("search", ...args, b),
    peers: [],
    mustTakeSeconds: 0.35,
    limit: reading(cache.indexFiles()[0] as string),
  }));
}
