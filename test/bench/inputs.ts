import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dockerArchive, ociLayout, tarOf } from "./image-inputs.ts";
import { sourceLayer, tinyFilesLayer } from "./layer-inputs.ts";

/** Everything that is measured, made when it is asked for the first time and kept in the temporary folder. */

const folder = path.join(tmpdir(), "klab-bench-2");
mkdirSync(folder, { recursive: true });

async function made(name: string, make: (file: string) => Promise<void>): Promise<string> {
  const file = path.join(folder, name);
  await make(file);
  return file;
}

export const inputs = {
  a: () => made("a.tar.gz", file => sourceLayer(file)),
  b: () => made("b.tar.gz", file => tinyFilesLayer(file)),
  /** As B, with another content in every hundredth file. */
  changedB: () => made("b-changed.tar.gz", file => tinyFilesLayer(file, 1_000_000, 100)),
  sized: (entries: number) => made(`${entries}.tar.gz`, file => tinyFilesLayer(file, entries)),
  archive: async (name: "a" | "b") => {
    const layer = await inputs[name]();
    return made(`${name}.docker.tar`, file => dockerArchive(file, layer));
  },
  /** An image of this one layer, which says what its digests must be. */
  image: async (name: "a" | "b") => {
    const layer = await inputs[name]();
    return `oci:${await made(`${name}.oci`, layout => ociLayout(layout, [layer]))}`;
  },
  /** The same as one file, for tools that read no folder. */
  ociArchive: async (name: "a" | "b") => {
    const layout = (await inputs.image(name)).slice("oci:".length);
    return made(`${name}.oci.tar`, file => tarOf(file, layout));
  },
  /** Four layers, the slowest of them half of A. */
  severalLayers: async () => {
    const slowest = await made("half-a.tar.gz", file => sourceLayer(file, 30_000));
    const others = [
      await made("quarter-a.tar.gz", file => sourceLayer(file, 15_000)),
      await made("sixth-a.tar.gz", file => sourceLayer(file, 10_000)),
      await inputs.sized(100_000),
    ];
    const image = await made("several.oci", layout => ociLayout(layout, [slowest, ...others]));
    const alone = await made("half-a.oci", layout => ociLayout(layout, [slowest]));
    return { image: `oci:${image}`, slowest, slowestImage: `oci:${alone}` };
  },
  cacheFolder: (name: string) => path.join(folder, "cache", name),
};
