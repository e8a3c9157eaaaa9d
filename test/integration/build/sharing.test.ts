import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { busybox, missing, Place, skipNote } from "./support.ts";

test.skipIf(missing)(`what builds share, and what each has alone${skipNote(missing)}`, async () => {
  const dockerfile = `FROM ${busybox} AS one\nCOPY word /word\nRUN cat /word > /said\nFROM ${busybox}\nRUN mkdir /both\nCOPY --from=one /said /said\n`;
  const place = await Place.create({ Dockerfile: dockerfile, word: "one\n" });
  try {
    await place.build({}, "--name", "first");
    const alone = await place.json("builds");
    expect(alone.builds[0].uniqueBytes).toBe(alone.layersBytes);
    await place.write({ word: "another\n" });
    await place.build({}, "--name", "second");

    const { builds, layersBytes } = await place.json("builds");
    const files = [...place.layerFiles().values()].map(file => statSync(file).size);
    expect(layersBytes).toBe(files.reduce((sum, size) => sum + size, 0));
    for (const name of ["first", "second"]) {
      const build = builds.find((each: { name: string }) => each.name === name);
      const { layers, unpackedBytes } = await place.json("layers", name);
      const own = layers.filter((layer: Shared) => layer.sharedBy.length === 0);
      expect(own.map(({ step }: Shared) => step)).toEqual([2, 3, 6]);
      expect(build.uniqueBytes).toBe(own.reduce((sum: number, layer: Shared) => sum + layer.sizeBytes, 0));
      const other = builds.find((each: { name: string }) => each.name !== name);
      expect(layers.find(({ step }: Shared) => step === 5).sharedBy).toEqual([other.id]);
      expect(build.unpackedBytes).toBe(unpackedBytes);
      const tree = await place.json("tree", name, "/", "--depth", "0");
      expect(tree.entries[0].treeBytes).toBe(unpackedBytes);
    }
    const shown = await place.run(["builds", "--sizes"]);
    expect(shown.stdout).toMatch(/^ID +LAYERS +IMAGE +UNPACKED +ONLY HERE +NAME/);
    expect(shown.stdout.split("\n").filter(line => [...line].length > 80)).toEqual([]);
    expect((await place.run(["layers", "first"])).stderr).toContain("only in this build: 3 of ");
  } finally {
    await place.remove();
  }
});

interface Shared {
  readonly step: number;
  readonly sizeBytes: number;
  readonly sharedBy: readonly string[];
}
