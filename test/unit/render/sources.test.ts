import { expect, test } from "vitest";
import { readBuild } from "../../../lib/render/read-build.ts";
import { recordSource } from "../../../lib/render/sources.ts";
import { record } from "../build/sample-steps.ts";

test("a kept build is written down with the switches that its executor had", () => {
  const { spec } = record("20260101-000000-abcd");
  const flags = ["--context", "dir:///workspace", "--no-push"];
  const kept = record("20260101-000000-abcd", {
    spec: { ...spec, flags, featureFlags: { FF_KANIKO_HASH_DIR_FRAMING: "1" } },
  });
  expect(readBuild(recordSource(kept, null)).environment).toEqual([
    { name: "FF_KANIKO_HASH_DIR_FRAMING", value: ["1"] },
  ]);
});
