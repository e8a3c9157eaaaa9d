import { expect, test } from "vitest";
import { needsOf } from "../../../lib/batch/order.ts";

const context = (name: string, images: string[], destinations: string[]) => ({ name, images, destinations });

test("a context needs those that make its bases, in whatever spelling", () => {
  const needs = needsOf([
    context("base", ["busybox"], ["docker.io/team/base"]),
    context("api", ["team/base:latest", "team/base", "alpine"], ["team/api:1"]),
    context("tests", ["team/api:1", "index.docker.io/team/base:latest"], []),
    context("old", ["team/api:0"], []),
  ]);
  expect(Object.fromEntries(needs)).toEqual({ base: [], api: ["base"], tests: ["api", "base"], old: [] });
});

test("a context that is FROM its own last image needs nobody", () => {
  expect(needsOf([context("self", ["r.example/self:1"], ["r.example/self:1"])]).get("self")).toEqual([]);
});

test("a circle is refused with its members", () => {
  const circle = [
    context("top", ["r.example/a:1"], []),
    context("a", ["r.example/b:1"], ["r.example/a:1"]),
    context("b", ["r.example/a:1"], ["r.example/b:1"]),
  ];
  expect(() => needsOf(circle)).toThrow("these contexts need each other: a → b → a");
});

test("what is no image name is left to the build", () => {
  expect(needsOf([context("odd", ["NOT AN IMAGE"], [])]).get("odd")).toEqual([]);
});
