import { describe, expect, test } from "vitest";
import {
  chainIsComplete,
  finalStep,
  findStep,
  lastStepOfStage,
  layersUpTo,
  stagesOfImage,
  stepBefore,
} from "../../../lib/lab/chain.ts";
import type { Step } from "../../../lib/model/build.ts";
import { layerRef, record, step } from "../build/sample-steps.ts";

const base = { index: 0, name: "base" };
const app = { index: 1, name: "App" };
const other = { index: 2, name: "" };
const steps: readonly Step[] = [
  step(1, "FROM busybox AS base", { stage: base, baseLayers: [layerRef("a"), layerRef("b")] }),
  step(2, "RUN one", { stage: base, layer: layerRef("c") }),
  step(3, "FROM base AS App", { stage: app, baseStage: 0 }),
  step(4, "RUN two", { stage: app, layer: layerRef("d") }),
  step(5, "FROM scratch", { stage: other, status: "skipped" }),
  step(6, "COPY x /", { stage: other, status: "skipped" }),
];

function letters(number: number): string {
  return layersUpTo(steps, findStep(steps, number))
    .map(item => item.layer.digest[7])
    .join("");
}

test("the layers up to a step go through the stages below", () => {
  expect([1, 2, 3, 4, 5, 6].map(letters)).toEqual(["ab", "abc", "abc", "abcd", "", ""]);
  expect(stepBefore(steps, findStep(steps, 4))?.number).toBe(3);
  expect(stepBefore(steps, findStep(steps, 3))?.number).toBe(2);
  expect(stepBefore(steps, findStep(steps, 1))).toBeNull();
  expect(stepBefore(steps, findStep(steps, 5))).toBeNull();
});

test("steps and stages by number and name, with what there is where there is none", () => {
  expect(lastStepOfStage(steps, "app").number).toBe(4);
  expect(lastStepOfStage(steps, "0").number).toBe(2);
  expect(finalStep(steps)?.number).toBe(4);
  expect(() => findStep(steps, 7)).toThrow(
    expect.objectContaining({ code: "unknown-step", hint: expect.stringContaining("1 to 6") }),
  );
  expect(() => findStep([], 1)).toThrow(expect.objectContaining({ hint: "this target has no steps" }));
  expect(() => lastStepOfStage(steps, "ap")).toThrow(
    expect.objectContaining({ code: "unknown-stage", hint: "stages: base, App, 2" }),
  );
});

describe("whether all layers are known", () => {
  const lost = steps.map(each => (each.number === 2 ? { ...each, layer: null } : each));

  test("a layer that was not kept leaves everything above unknown", () => {
    expect(chainIsComplete(steps, findStep(steps, 4), new Set())).toBe(true);
    expect(chainIsComplete(lost, findStep(lost, 4), new Set())).toBe(false);
  });

  test("unless the stage is in the image: then there was none", () => {
    const build = record("20260101-000000-abcd", { steps: lost, layers: [layerRef("a")] });
    expect([...stagesOfImage(build)].sort()).toEqual([0, 1]);
    expect(chainIsComplete(lost, findStep(lost, 4), stagesOfImage(build))).toBe(true);
    expect(stagesOfImage({ ...build, layers: [] }).size).toBe(0);
  });
});
