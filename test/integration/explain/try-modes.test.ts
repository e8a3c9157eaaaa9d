import { readdir } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { busybox, type Family, Place, skipNote, whyNot, whyNotAgain } from "../build/support.ts";

// What modes miss by their nature: `time` looks at times alone, `redo` not at contents. A file that is never the same says nothing.
const dockerfile = `FROM ${busybox} AS made
COPY files /files
RUN chmod 700 /files/a.txt && date +%s%N > /stamp
RUN printf two > /files/b.txt && touch -d '2001-01-01 00:00:00' /files/b.txt
RUN printf one > /files/b.txt && touch -d '2001-01-01 00:00:00' /files/b.txt
RUN rm /files/c.txt
FROM ${busybox}
COPY --from=made /files /files
`;

interface Tried {
  readonly build: string;
  readonly modes: readonly {
    readonly mode: string;
    readonly buildMs: number;
    readonly layerBytes: number;
    readonly entries: number;
    readonly savedMs: number;
    readonly differences: readonly { step: number; path: string; kind: string; causes: readonly string[] }[];
  }[];
  readonly unstable: number;
  readonly copyLayers: readonly { cacheCopyLayers: boolean; againMs: number; cacheBytes: number }[];
}

for (const family of ["fork", "upstream"] as const) {
  const reason = whyNotAgain("sandbox", family);
  describe.skipIf(reason)(`modes tried with ${family}${skipNote(reason)}`, () => testModes(family));
}

function testModes(family: Family): void {
  let place: Place;
  afterEach(() => place.remove());

  test("each mode is measured, and told by what it misses; nothing of it stays", async () => {
    place = await Place.create({ Dockerfile: dockerfile, "files/a.txt": "a", "files/b.txt": "b", "files/c.txt": "c" });
    const { build } = await place.build({ driver: "sandbox", family });
    const before = await readdir(place.cache, { recursive: true });

    const tried: Tried = await place.json("advise", "--try-modes", "--modes", "redo,time");
    expect(tried.build).toBe(build.id);
    expect(tried.copyLayers).toEqual([]);
    // The file, and the folder that it lies in where its time is all that differs, is not twice the same.
    expect(tried.unstable).toBeGreaterThanOrEqual(1);
    const found = tried.modes.map(({ mode, differences }) => [
      mode,
      differences.map(({ step, path, kind, causes }) => [step, path, kind, causes.find(cause => cause !== "time")]),
    ]);
    expect(found).toEqual([
      ["full", []],
      ["redo", [[5, "files/b.txt", "M", "content"]]],
      [
        "time",
        [
          [3, "files/a.txt", "M", "mode"],
          [5, "files/b.txt", "M", "content"],
        ],
      ],
    ]);
    for (const { buildMs, layerBytes, entries } of tried.modes)
      for (const figure of [buildMs, layerBytes, entries]) expect(figure).toBeGreaterThan(0);
    const [full, , time] = tried.modes as [Tried["modes"][0], Tried["modes"][0], Tried["modes"][0]];
    expect(time.savedMs).toBe(full.buildMs - time.buildMs);
    expect(time.entries).toBeLessThan(full.entries);
    expect(await readdir(place.cache, { recursive: true })).toEqual(before);
  });

  test("a mode that is none, or without --try-modes, is refused", async () => {
    place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
    await place.build({ driver: "sandbox", family });
    expect((await place.run(["advise", "--try-modes", "--modes", "fast"])).status).toBe(2);
    expect((await place.run(["advise", "--modes", "time"])).status).toBe(2);
  });
}

const missing = whyNot("sandbox", "fork");
test.skipIf(missing)(`COPY in the layer cache is measured with and without${skipNote(missing)}`, async () => {
  const place = await Place.create({ Dockerfile: `FROM ${busybox}\nCOPY a /a\nRUN cat /a\n`, a: "1" });
  await place.build({ driver: "sandbox" });
  const { modes, copyLayers }: Tried = await place.json("advise", "--try-modes", "--modes", "copy-layers");
  expect(modes).toEqual([]);
  expect(copyLayers.map(({ cacheCopyLayers }) => cacheCopyLayers)).toEqual([true, false]);
  expect((copyLayers[0]?.cacheBytes ?? 0) > (copyLayers[1]?.cacheBytes ?? 0)).toBe(true);
  await place.remove();
});
