import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Burst } from "../../../lib/watch/burst.ts";
import { type ChangeKind, type Changes, mergedChanges } from "../../../lib/watch/change.ts";

const change = (path: string, kind: ChangeKind) => ({ path, kind, meaning: "context" as const });
const kinds = (changes: Changes) => [...changes.values()].map(({ path, kind }) => `${kind} ${path}`);

test.each<[ChangeKind, ChangeKind, string[]]>([
  ["added", "changed", ["added a"]],
  ["added", "removed", []],
  ["changed", "changed", ["changed a"]],
  ["changed", "removed", ["removed a"]],
  ["removed", "added", ["changed a"]],
  ["removed", "removed", ["removed a"]],
])("%s, then %s", (one, other, merged) => {
  expect(kinds(mergedChanges(mergedChanges(new Map(), [change("a", one)]), [change("a", other)]))).toEqual(merged);
});

describe("a burst of saves", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  test("is one change of each path, told when nothing more comes", () => {
    const told: string[][] = [];
    const burst = new Burst(changes => told.push(kinds(changes)));
    // As an editor saves: a new file, the old one away, the new one in its place.
    burst.add(change("new", "added"));
    burst.add(change("a", "removed"));
    vi.advanceTimersByTime(50);
    burst.add(change("new", "removed"));
    burst.add(change("a", "added"));
    vi.advanceTimersByTime(99);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([["changed a"]]);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(1);
  });

  test("what goes on and on is told in between", () => {
    const told: string[][] = [];
    const burst = new Burst(changes => told.push(kinds(changes)));
    for (let at = 0; at < 60; at += 1) {
      burst.add(change(`f${at}`, "changed"));
      vi.advanceTimersByTime(50);
    }
    expect(told.map(changes => changes.length)).toEqual([30, 30]);
    burst.add(change("late", "changed"));
    burst.stop();
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(2);
  });

  test("what came and went is not told", () => {
    const told: Changes[] = [];
    const burst = new Burst(changes => told.push(changes));
    burst.add(change("4913", "added"));
    burst.add(change("4913", "removed"));
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([]);
  });
});
