import { expect, test } from "vitest";
import { LayerSharing } from "../../../lib/builds/layer-sharing.ts";
import { layerRef, record, step } from "../build/sample-steps.ts";

/** Each letter is a layer of 10 bytes; the first is the base, the second of a stage that is not in the image. */
function buildOf(id: string, letters: string) {
  const [base, ...others] = [...letters].map(layerRef);
  const steps = [
    step(1, "FROM x", { baseLayers: base ? [base] : [] }),
    ...others.map((layer, at) => step(at + 2, `RUN ${at}`, { layer })),
  ];
  return record(`2026010${id}-000000-aaaa`, { steps, layers: base ? [base, ...others.slice(1)] : [] });
}

test("bytes that one build alone has, those of all, and who else has a layer", () => {
  const builds = [buildOf("1", "abcc"), buildOf("2", "abd"), buildOf("3", "aef"), buildOf("4", "")];
  const sharing = new LayerSharing(builds);
  expect(builds.map(build => sharing.uniqueBytes(build))).toEqual([10, 10, 20, 0]);
  expect(sharing.totalBytes).toBe(60);
  const [first, second, third] = builds.map(({ id }) => id);
  expect(sharing.buildsWith(layerRef("a").digest, first)).toEqual([second, third]);
  expect(sharing.buildsWith(layerRef("b").digest)).toEqual([first, second]);
  expect(sharing.buildsWith(layerRef("9").digest)).toEqual([]);
});

test("a build that is not kept has for itself what no kept one has", () => {
  const sharing = new LayerSharing([buildOf("1", "ab")]);
  expect(sharing.uniqueBytes(buildOf("2", "acd"))).toBe(20);
  expect(sharing.uniqueBytes(buildOf("1", "ab"))).toBe(20);
});
