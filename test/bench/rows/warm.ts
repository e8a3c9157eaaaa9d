import { runToFill } from "../fill-cache.ts";
import { inputs } from "../inputs.ts";
import { reading, starting } from "../limits.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** Warm: questions to an image that was indexed before. */
export async function warmRows(): Promise<Row[]> {
  return [...(await rowsOf("A", await inputs.a(), 0.15)), ...(await rowsOf("B", await inputs.b(), 0.3))];
}

async function rowsOf(name: string, file: string, mustTakeSeconds: number): Promise<Row[]> {
  const cache = new BenchCache(inputs.cacheFolder(`warm-${name}`));
  runToFill(cache.warm("layers", file));
  const row = (work: string, args: string[], limit = starting) => ({
    work: `warm ${name}: ${work}`,
    ours: cache.warm(...args),
    peers: [],
    mustTakeSeconds,
    limit,
  });
  const index = reading(cache.indexFiles()[0] as string);
  return [
    row("layers", ["layers", file]),
    row("steps", ["steps", file]),
    row("ls", ["ls", file, "/usr/lib/packages/package-000077"], index),
  ];
}
