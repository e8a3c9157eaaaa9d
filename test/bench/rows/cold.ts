import { inputs } from "../inputs.ts";
import { hashing, inflating } from "../limits.ts";
import { isInstalled } from "../process-time.ts";
import { BenchCache } from "../program.ts";
import type { Peer, Row } from "../row.ts";

/** Cold: an image of one layer indexed, with the digest of every file, and its own two compared with what they must be. */
export async function coldRows(): Promise<Row[]> {
  const [a, b] = [await inputs.a(), await inputs.b()];
  const [imageOfA, imageOfB] = [await inputs.image("a"), await inputs.image("b")];
  const cache = new BenchCache(inputs.cacheFolder("cold"));
  const gzip = (file: string) => ({ name: "gzip -dc", command: shell(`gzip -dc ${file}`) });
  const tar = (file: string) => ({ name: "tar -tzf | wc -l", command: shell(`tar -tzf ${file} | wc -l`) });
  return [
    {
      work: "cold A",
      ours: cache.cold("layers", imageOfA),
      peers: [{ ...gzip(a), mustBeRatio: 0.5 }, tar(a), ...(await dive("a")), ...(await xray("a"))],
      mustUseMb: 250,
      limit: inflating(a),
    },
    {
      work: "cold B",
      ours: cache.cold("layers", imageOfB),
      peers: [{ ...tar(b), mustBeRatio: 0.3 }, gzip(b), ...(await dive("b", 0.1)), ...(await xray("b"))],
      mustUseMb: 500,
      limit: hashing(b),
    },
  ];
}

/** Its analysis without the screen. */
async function dive(name: "a" | "b", mustBeRatio?: number): Promise<Peer[]> {
  if (!isInstalled("dive")) return [];
  const archive = await inputs.archive(name);
  // Its own verdict on the image does not count here.
  return [{ name: "dive", command: shell(`CI=true dive --source docker-archive ${archive} || true`), mustBeRatio }];
}

/** To its first screen: the key that ends it is typed ahead. */
async function xray(name: "a" | "b"): Promise<Peer[]> {
  if (!isInstalled("xray") || !isInstalled("script")) return [];
  const archive = await inputs.ociArchive(name);
  return [{ name: "xray", command: shell(`printf q | script -qec "xray --fs ${archive}" /dev/null`) }];
}

function shell(text: string) {
  return { argv: ["sh", "-c", text] };
}
