import { describe, expect, test } from "vitest";
import { lintingLayers } from "../../../lib/analysis/lint/lint-layers.ts";
import { findingWaste } from "../../../lib/analysis/waste/find-waste.ts";
import { checkingRules } from "../../../lib/analysis/waste/waste-rules.ts";
import { atOnce, inSlices, type Pausing, rowsPerPause } from "../../../lib/pausing.ts";
import { file, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";

/** Analyses of many entries pause often enough for keys, can be stopped, and tell how far they are. */

const entryCount = rowsPerPause * 4;
const columns = scanContents(tar(...Array.from({ length: entryCount }, (_, at) => file(`d/${at}`, `${at}`))));
const layers = [{ columns }];

type Tell = (done: number, total: number) => void;

const analyses: Readonly<Record<string, (onProgress?: Tell) => Pausing<unknown>>> = {
  waste: onProgress => findingWaste(layers, { top: 1, onProgress }),
  lint: onProgress => lintingLayers(layers, () => true, [], { nowSeconds: 0, users: null, groups: null, onProgress }),
  rules: () =>
    checkingRules(
      { deny: ["*.pem"], allow: [] },
      layers.map(layer => ({ ...layer, step: 1, storedBytes: 0, wastedBytes: 0 })),
      1,
    ),
};

describe.each(Object.entries(analyses))("%s", (name, analysis) => {
  test("pauses once for each thousand entries at least", () => {
    expect([...analysis()].length).toBeGreaterThanOrEqual(entryCount / rowsPerPause);
  });

  test("lets others have their turn, and ends when it is cancelled", async () => {
    const stop = new AbortController();
    function* againAndAgain(): Pausing<unknown> {
      for (;;) yield* analysis() as Pausing<void>;
    }
    setImmediate(() => stop.abort());
    await expect(inSlices(againAndAgain(), stop.signal)).rejects.toMatchObject({ code: "cancelled" });
  });

  test.skipIf(name === "rules")("tells how far it is, up to the end", () => {
    const told: number[] = [];
    atOnce(analysis((done, total) => told.push(done / total)));
    expect(told).toEqual([...told].sort((one, other) => one - other));
    expect(told.at(-1)).toBe(1);
  });
});
