import { inputs } from "../inputs.ts";
import { inflating } from "../limits.ts";
import { BenchCache } from "../program.ts";
import type { Row } from "../row.ts";

/** An image of several layers against its slowest layer alone. */
export async function severalLayersRows(): Promise<Row[]> {
  const { image, slowest, slowestImage } = await inputs.severalLayers();
  const cache = new BenchCache(inputs.cacheFolder("several"));
  const alone = new BenchCache(inputs.cacheFolder("slowest"));
  return [
    {
      work: "cold, 4 layers",
      ours: cache.cold("layers", image),
      peers: [{ name: "its slowest layer", command: alone.cold("layers", slowestImage) }],
      limit: inflating(slowest),
    },
  ];
}
