import { expect, test } from "vitest";
import { groupFailures } from "../../../lib/batch/group-failures.ts";
import type { BatchOutcome } from "../../../lib/batch/run-batch.ts";

function failed(name: string, failure: string, more: Partial<BatchOutcome> = {}): BatchOutcome {
  const context = { name, folder: `/contexts/${name}`, dockerfile: "Dockerfile" };
  const nothing = { durationMs: 1, steps: 2, cachedSteps: 0, layers: 0, sizeBytes: 0, hint: null, lastOutput: [] };
  return { context, status: "failed", build: `id-${name}`, failure, ...nothing, ...more };
}

function said(outcomes: readonly BatchOutcome[]): Record<string, string> {
  const groups = groupFailures(outcomes);
  return Object.fromEntries(
    groups.map(group => [group.outcomes.map(({ context }) => context.name).join(" "), group.failure]),
  );
}

const unauthorized = (repository: string) =>
  `GET https://r.example/v2/${repository}/manifests/1: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:${repository} Type:repository]]`;

test("a registry that refuses many is told of once", () => {
  const pull = unauthorized("base/busybox");
  expect(said([failed("a", pull), failed("b", pull)])).toEqual({ "a b": pull });
  expect(said([failed("a", pull), failed("b", "no such file"), failed("c", unauthorized("base/debian"))])).toEqual({
    "a c": "r.example refuses access: UNAUTHORIZED: authentication required",
    b: "no such file",
  });
  // One alone is told in Kaniko's own words.
  expect(said([failed("a", pull)])).toEqual({ a: pull });
});

test("what is pushed to many places is refused once, too", () => {
  const push = (name: string) =>
    `error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "r.example/team/${name}:1": POST https://r.example/v2/team/${name}/blobs/uploads/: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:team/${name} Type:repository]]`;
  const status = "GET https://r.example/token?scope=x: unexpected status code 401 Unauthorized: no";
  expect(said([failed("a", push("a")), failed("b", push("b")), failed("c", status)])).toEqual({
    "a b": "r.example refuses access: UNAUTHORIZED: authentication required",
    c: status,
  });
});

test("steps that failed in the same way, but said something else, are apart; cancelled ones are not told", () => {
  const failure = "step 2: the command ended with exit status 1";
  const outcomes = [
    failed("a", failure, { lastOutput: ["no compiler"] }),
    failed("b", failure, { lastOutput: ["no header"] }),
    failed("c", failure, { lastOutput: ["no compiler"] }),
    failed("d", "interrupted", { status: "cancelled" }),
  ];
  expect(groupFailures(outcomes).map(({ outcomes, lastOutput }) => [outcomes.length, lastOutput])).toEqual([
    [2, ["no compiler"]],
    [1, ["no header"]],
  ]);
});
