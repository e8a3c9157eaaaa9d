import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { busybox, missing, Place, skipNote } from "./support.ts";

test.skipIf(missing)(`a path through the builds of a context${skipNote(missing)}`, async () => {
  const place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN mkdir /app\n`, word: "one\n" });
  try {
    const ids: string[] = [];
    const build = async () => ids.push((await place.build()).build.id);
    await build();
    await place.write({ Dockerfile: `FROM ${busybox}\nRUN mkdir /app\nCOPY word /app/word\n` });
    await build();
    await build();
    await place.write({ word: "three\n" });
    await build();
    await place.write({ Dockerfile: `FROM ${busybox}\nRUN mkdir /app\nCOPY word /app/word\nRUN rm /app/word\n` });
    await build();

    const document = await place.json("history", "latest", "/app/word", "--builds");
    const shown = document.builds.map(({ build: id, kind, node, step }: Item) => [
      ids.indexOf(id),
      kind,
      node?.sizeBytes ?? null,
      step?.number ?? null,
    ]);
    expect(shown).toEqual([
      [0, null, null, null],
      [1, "A", 4, 3],
      [2, null, 4, 3],
      [3, "M", 6, 3],
      [4, "D", null, null],
    ]);
    expect(document).toMatchObject({ first: ids[1], lastChanged: ids[4] });

    const { layers } = await place.json("steps", ids[3] as string).then(({ steps }) => ({ layers: steps }));
    const copied = layers.find(({ number }: { number: number }) => number === 3).layer.digest;
    rmSync(place.layerFiles().get(copied) as string);
    const after = await place.run(["history", "latest", "/app/word", "--builds"]);
    expect(after.status).toBe(0);
    expect(after.stdout).toMatch(new RegExp(`^\\? {2}${ids[3]} .*layer 2 \\(step 3\\)`, "m"));
    expect(after.stderr).toContain("of 2 of these builds layers are gone");
    expect(after.stdout.split("\n").filter(line => [...line].length > 80)).toEqual([]);

    expect((await place.run(["history", "latest", "/nowhere", "--builds"])).status).toBe(0);
    rmSync(place.cache, { recursive: true });
    await place.build();
    expect((await place.run(["history", "latest", "/nowhere", "--builds"])).status).toBe(1);
  } finally {
    await place.remove();
  }
});

interface Item {
  readonly build: string;
  readonly kind: string | null;
  readonly node: { readonly sizeBytes: number } | null;
  readonly step: { readonly number: number } | null;
}
