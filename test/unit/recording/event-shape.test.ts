import { expect, test } from "vitest";
import { parseEvent } from "../../../lib/recording/event-shape.ts";

const started = { type: "stage-started", atMs: 5, stage: 1, base: "build" };

test("a stage keeps the stage that it starts from; older recordings have none", () => {
  expect(parseEvent(JSON.stringify({ ...started, baseStage: 0 }))).toEqual({ ...started, baseStage: 0 });
  expect(parseEvent(JSON.stringify({ ...started, baseStage: null }))).toEqual({ ...started, baseStage: null });
  expect(parseEvent(JSON.stringify(started))).toEqual({ ...started, baseStage: null });
});

test("a stage that starts from itself, or from a later one, is no event", () => {
  for (const baseStage of [1, 2, -1, 0.5, "0"])
    expect(parseEvent(JSON.stringify({ ...started, baseStage }))).toBeNull();
});
