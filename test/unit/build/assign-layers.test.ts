import { expect, test } from "vitest";
import { assignLayers } from "../../../lib/build/assign-layers.ts";
import type { ImageConfig } from "../../../lib/model/image.ts";
import { layerRef } from "./sample-steps.ts";

function config(createdBy: readonly (string | null)[]): ImageConfig {
  return {
    os: "linux",
    architecture: "amd64",
    variant: "",
    created: null,
    env: [],
    user: "",
    workingDir: "",
    entrypoint: null,
    cmd: null,
    labels: {},
    diffIds: [],
    history: createdBy.map(text => ({ createdBy: text ?? "", created: null, comment: "", emptyLayer: text === null })),
    raw: "",
  };
}

function assign(
  steps: readonly string[],
  history: readonly (string | null)[],
  letters: string,
  cached: Record<number, string> = {},
) {
  const chain = steps.map((text, index) => ({
    number: index + 2,
    text: text.replace(/^\?/, ""),
    hasEvidence: !text.startsWith("?"),
    cachedDiffId: cached[index + 2] === undefined ? null : layerRef(cached[index + 2] as string).diffId,
  }));
  const { base, ofStep } = assignLayers(chain, config(history), [...letters].map(layerRef));
  return {
    base: base.map(layer => layer.digest[7]).join(""),
    ofStep: Object.fromEntries([...ofStep].map(([number, layer]) => [number, layer.digest[7]])),
  };
}

test("the history's end belongs to the steps, what is in front to the base", () => {
  expect(assign(["RUN a", "RUN b"], ["ADD base", null, "RUN a", "RUN b"], "abc")).toEqual({
    base: "a",
    ofStep: { 2: "b", 3: "c" },
  });
});

test("the same instruction twice, and a base whose history ends with the same", () => {
  expect(assign(["RUN a", "RUN a"], ["RUN a", "RUN a", "RUN a"], "abc")).toEqual({
    base: "a",
    ofStep: { 2: "b", 3: "c" },
  });
});

test("steps without a layer are passed over", () => {
  expect(assign(["ENV A=1", "RUN a", "CMD x"], ["base", "RUN a"], "ab")).toEqual({ base: "a", ofStep: { 3: "b" } });
  expect(assign(["RUN a", "?RUN b"], ["base", "RUN a"], "ab")).toEqual({ base: "a", ofStep: { 2: "b" } });
});

test("a base without history, or with too little of it, has its layers in front all the same", () => {
  expect(assign(["RUN a"], ["RUN a"], "abc")).toEqual({ base: "ab", ofStep: { 2: "c" } });
  expect(assign(["RUN a"], [], "ab")).toEqual({ base: "ab", ofStep: {} });
});

test("more history than layers is no crash", () => {
  expect(assign(["RUN a"], ["x", "y", "RUN a"], "a").ofStep).not.toHaveProperty("2", "b");
  expect(assign([], [], "")).toEqual({ base: "", ofStep: {} });
});

test("of equal instructions the one that the log tells of has the layer, else the earlier one", () => {
  const history = ["base", "WORKDIR /app"];
  expect(assign(["WORKDIR /app", "ENV A=1", "WORKDIR /app"], history, "ab").ofStep).toEqual({ 2: "b" });
  expect(assign(["?WORKDIR /app", "ENV A=1", "WORKDIR /app"], history, "ab").ofStep).toEqual({ 4: "b" });
});

test("a base that Kaniko built keeps its last layer when the same instruction changed nothing here", () => {
  const history = ["base", "RUN mkdir -p /x"];
  expect(assign(["RUN mkdir -p /x"], history, "ab", { 2: "c" })).toEqual({ base: "ab", ofStep: {} });
});

test("a step that a forged log line made look skipped keeps its layer", () => {
  expect(assign(["RUN a", "?COPY . .", "RUN b"], ["base", "RUN a", "COPY . .", "RUN b"], "abcd")).toEqual({
    base: "a",
    ofStep: { 2: "b", 3: "c", 4: "d" },
  });
});
