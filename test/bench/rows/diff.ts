import { runToFill } from "../fill-cache.ts";
import { inputs } from "../inputs.ts";
import { reading } from "../limits.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** Warm: two images of a million paths, of which ten thousand differ. */
export async function diffRows(): Promise<Row[]> {
  const [before, after] = [await inputs.b(), await inputs.changedB()];
  const cache = new BenchCache(inputs.cacheFolder("diff"));
  for (const file of [before, after]) runToFill(cache.warm("layers", file));
  return [
    {
      work: "warm: diff of B and B changed",
      ours: cache.warm("diff", before, after, "--stat"),
      peers: [],
      mustTakeSeconds: 1,
      limit: reading(...cache.indexFiles().slice(0, 2)),
    },
  ];
}
