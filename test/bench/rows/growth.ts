import { inputs } from "../inputs.ts";
import { hashing } from "../limits.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** Time and memory must grow with the entries, not faster. */
export async function growthRows(): Promise<Row[]> {
  const cache = new BenchCache(inputs.cacheFolder("growth"));
  const rows: Row[] = [];
  for (const entries of [10_000, 100_000, 1_000_000, 4_000_000]) {
    const file = await inputs.sized(entries);
    rows.push({ work: `cold, ${entries} entries`, ours: cache.cold("layers", file), peers: [], limit: hashing(file) });
  }
  return rows;
}
