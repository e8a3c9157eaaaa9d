/** A watched context on the screen: events come one by one, as a real watch gives them. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { KeyPart } from "../../../lib/cache-key/key-part.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import type { ForeseenStep, Foresight } from "../../../lib/prediction/foresee.ts";
import { EventQueue } from "../../../lib/watch/event-queue.ts";
import type { WatchEvent } from "../../../lib/watch/watch-events.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type TuiSession } from "../../support/tui-session.ts";

let cache: TuiCache;
let id: string;
let session: TuiSession;

beforeAll(async () => {
  cache = await createTuiCache();
  id = await cache.addBuild("2026-01-01T10:00:00Z", "Hello");
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(session.terminal.text());
  await session.close();
});
afterAll(() => cache.remove());

function openWatch(columns = 80, rows = 24) {
  const queue = new EventQueue<WatchEvent>();
  const asked = { build: Promise.withResolvers<void>(), cancel: Promise.withResolvers<void>() };
  const source = {
    events: queue,
    build: asked.build.resolve,
    cancelBuild: asked.cancel.resolve,
    stop: () => queue.end(),
  };
  session = openSession(cache, { columns, rows, watch: source });
  const emit = (...events: WatchEvent[]) => {
    for (const event of events) queue.push(event);
  };
  return { ...session, emit, asked, queue };
}

const text = (value: string): KeyPart => ({ kind: "instruction", name: "", value });
const hash = (letter: string) => letter.repeat(64);

function step(
  number: number,
  instruction: string,
  result: ForeseenStep["result"],
  facts: Partial<ForeseenStep> = {},
): ForeseenStep {
  const own = {
    number,
    stage: { index: 0, name: "" },
    line: number,
    endLine: number,
    instruction: instruction.split(" ")[0] as string,
    text: instruction,
  };
  const before = { number, key: hash("a"), parts: [text(instruction)] };
  return {
    ...own,
    result,
    key: hash("b"),
    parts: [text(instruction)],
    before,
    cause: null,
    unknown: null,
    measured: null,
    isInvalidated: false,
    ...facts,
  };
}

const file = (value: string): KeyPart => ({ kind: "file", name: "words.txt", value });
const steps = [
  step(1, "FROM example/base:1", "off", { key: null, parts: null, before: null }),
  step(2, "COPY words.txt /w", "miss", {
    parts: [text("COPY words.txt /w"), file(hash("c"))],
    before: { number: 2, key: hash("a"), parts: [text("COPY words.txt /v"), file(hash("d"))] },
    cause: { kind: "file", name: "", path: "words.txt", before: hash("d"), after: hash("c") },
    measured: { durationMs: 12_000, sizeBytes: 2_000_000 },
  }),
  step(3, "RUN make", "skipped"),
  step(4, "RUN other", "unknown", { key: null, parts: null, unknown: "what it copies is made anew" }),
];
const foresight: Foresight = {
  executor: { source: "x", version: "v1.28.3", family: "fork" },
  unknown: null,
  steps,
  against: null,
};

const predicted = (next: "build" | "ask" | "nothing" | "after-build"): WatchEvent => ({
  type: "predicted",
  foresight,
  needsBuild: next !== "nothing",
  next,
  effect: {
    changes: [{ path: "words.txt", kind: "changed", meaning: "context" }],
    invalidated: [
      { number: 2, text: "COPY words.txt /w", cause: steps[1]!.cause, files: ["words.txt"], after: null },
      { number: 3, text: "RUN make", cause: null, files: [], after: 2 },
    ],
    unused: [],
  },
});
const watching: WatchEvent = { type: "watching", folder: "/work/sample", dockerfile: "/work/sample/Dockerfile" };

function build(...events: object[]): WatchEvent[] {
  const all = [{ type: "started", id, driver: "sandbox", why: "", steps }, ...events];
  return all.map((event, at) => ({ type: "build", event: { atMs: at * 10, ...event } as BuildEvent }));
}

function executed(number: number, key: string, answer: "cache-hit" | "cache-miss"): object[] {
  return [
    { type: "cache-key", step: number, key, parts: null },
    { type: answer, step: number, reason: "" },
    { type: "step-started", step: number },
    { type: "step-finished", step: number, status: answer === "cache-hit" ? "cached" : "executed" },
  ];
}

test.each([
  [80, 24],
  [200, 60],
])("%ix%i: what is predicted stands at each step, and Enter builds", async (columns, rows) => {
  const { emit, see, terminal, type, asked } = openWatch(columns, rows);
  emit(watching, predicted("ask"));
  await see(/Enter builds: ~ words\.txt invalidates step 2 and 1 step behind/);
  const shown = terminal.text();
  expect(shown).toMatch(/^ ~ 2 !miss\? .*COPY words/m);
  expect(shown).toMatch(/^ {3}3 \.run\? .*RUN make/m);
  expect(shown).toMatch(/^ {3}4 \? .*RUN other/m);
  type("w");
  type("j");
  await see(/WHY step 2/);
  await see(/predicted: ! will miss/);
  await see(/by words\.txt/);
  await see(/took 12\.0 s when it last ran/);
  await see(/^.*~ words\.txt +c{8,12} +d{8,12}/m);
  await see(/- COPY words\.txt \/\[-v-\]/);
  await see(/\+ COPY words\.txt \/\{\+w\+\}/);
  type("\r");
  await asked.build.promise;
});

test("while it builds and after it: what came as predicted and what did not", async () => {
  const { emit, see, type, queue, left } = openWatch(100, 24);
  emit(
    watching,
    predicted("build"),
    ...build(...executed(2, hash("f"), "cache-miss"), ...executed(3, hash("b"), "cache-hit")),
  );
  await see(/^ ~ 2 !miss \?! .*COPY words/m);
  await see(/^[> ] {2}3 \+hit +\?! .*RUN make/m);
  type("w");
  type("gj");
  await see(/it came otherwise: miss under f{12}/);
  const prediction = {
    keys: 2,
    known: 2,
    exact: 1,
    wrong: [2],
    results: { known: 2, exact: 1, wrong: [3] },
    unknown: null,
  };
  emit(...build().slice(1), {
    type: "build-ended",
    id,
    status: "succeeded",
    prediction,
    changedMeanwhile: ["words.txt"],
    error: null,
  });
  await see(/! the prediction was wrong for 2 steps of 2; 1 path changed while it ran/);
  // Nothing runs: q leaves at once, and ends the watching.
  type("q");
  await left;
  queue.end();
});

test("what cannot be built is told, and goes away when it is mended; others are not called away", async () => {
  const { emit, see, type, store, asked } = openWatch();
  emit(watching, predicted("nothing"));
  emit({
    type: "broken",
    error: { code: "dockerfile-syntax", message: "Dockerfile: line 3: \x1b[2Jwrong", hint: null },
  });
  await see(/! Dockerfile: line 3: \\x1b\[2Jwrong/);
  type("R");
  await see(/nothing can be built as it is/);
  type("b");
  await see(/kaniko-lab {2}builds/);
  emit(predicted("build"), ...build({ type: "step-started", step: 2 }));
  await session.until(({ live }) => live?.progress.current === 2);
  expect(store.getState().place).toBe("builds");
  type("\x1b");
  await see(/words\.txt invalidates step 2/);
  type("X");
  await asked.cancel.promise;
});

test("a change during a build is told beside the one that is built", async () => {
  const { emit, see } = openWatch();
  emit(watching, predicted("build"), ...build({ type: "step-started", step: 3 }), predicted("after-build"));
  await see(/invalidates step 2 and 1 step behind; built after this one/);
  await see(/^> {2}3 +[-|/\\] /m);
});

test("a watch that cannot go on says why", async () => {
  const { queue, emit, see } = openWatch();
  emit(watching, predicted("nothing"));
  queue.end(new Error("the disk is gone"));
  await see(/no longer watching: the disk is gone/);
});
