import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { BuildEvent, PlannedStep } from "../../../lib/executor/events.ts";
import { ReplayPlayer } from "../../../lib/recording/replay-player.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type SessionOptions, type TuiSession } from "../../support/tui-session.ts";

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

/** A build whose events are given one by one; cancelling ends it with `cancelled`, as a real one does. */
function createBuild() {
  const queue: BuildEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  let cancelled = false;
  const end = (): void => {
    over = true;
    wake.resolve();
  };
  async function* events(): AsyncGenerator<BuildEvent, void, void> {
    for (;;) {
      const event = queue.shift();
      if (event) yield event;
      else if (over) return;
      else {
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    }
  }
  const emit = (...added: BuildEvent[]): void => {
    queue.push(...added);
    wake.resolve();
  };
  return {
    live: {
      events: events(),
      cancel() {
        cancelled = true;
      },
    },
    emit,
    end,
    wasCancelled: () => cancelled,
  };
}

const steps: readonly PlannedStep[] = ["FROM example/base:1", "RUN make", "COPY . /app"].map((text, at) => ({
  number: at + 1,
  stage: { index: 0, name: "" },
  line: at + 4,
  endLine: at + 4,
  instruction: text.split(" ")[0] as string,
  text,
}));

function started(): BuildEvent[] {
  return [
    { atMs: 0, type: "started", id, driver: "sandbox", why: "only one", steps },
    { atMs: 10, type: "step-started", step: 1 },
    { atMs: 30, type: "step-finished", step: 1, status: "cached" },
    { atMs: 40, type: "step-started", step: 2 },
  ];
}

function output(text: string): BuildEvent {
  return { atMs: 100, type: "output", step: 2, text };
}

function warning(text: string): BuildEvent {
  return { type: "warning", text, atMs: 30 };
}

function open(build: ReturnType<typeof createBuild>, options: SessionOptions = {}): TuiSession {
  session = openSession(cache, { live: build.live, ...options });
  return session;
}

test("steps with their state, the log of the running one", async () => {
  const build = createBuild();
  const { terminal, see } = open(build);
  build.emit(
    ...started(),
    warning("This is a recording of a real build."),
    output("first line"),
    output("50%\r100%"),
    output("\x1b[31mred\x1b[0m \x1b]0;title\x07"),
  );
  await see(/first line/);
  expect(terminal.lines()[0]).toContain(`${id}  running`);
  expect(terminal.lines()[1]).toBe("This is a recording of a real build.");
  expect(terminal.text()).toMatch(/^ {3}1 +\+hit +20 ms FROM example/m);
  expect(terminal.text()).toMatch(/^> {2}2 +[-|/\\] .*RUN make/m);
  expect(terminal.text()).toMatch(/^ {3}3 +COPY/m);
  await see(/^.*(?<!50%.*)100%$/m);
  await see(/red \\x1b]0;title\\x07/);
  build.end();
});

test("the log follows its end until it is scrolled; F follows again", async () => {
  const build = createBuild();
  const { terminal, type, see, until } = open(build);
  const lines = Array.from({ length: 200 }, (_, at) => output(`line ${at + 1}`));
  build.emit(...started(), ...lines.slice(0, 100));
  await see(/line 100$/m);
  type("2k");
  await see(/frozen: F follows/);
  build.emit(...lines.slice(100));
  await until(({ live }) => live?.log.count(2) === 200);
  expect(terminal.text()).not.toMatch(/line 200/);
  type("F");
  await see(/line 200$/m);
  build.end();
});

test("a success opens the layers in place; L shows the log again", async () => {
  const build = createBuild();
  const { type, see } = open(build);
  build.emit(...started(), output("made"));
  build.emit({ atMs: 900, type: "step-finished", step: 2, status: "executed" });
  build.emit({ atMs: 1000, type: "finished", status: "succeeded", manifest: null, failure: null });
  build.end();
  await see(/FILES step 4 .*k?B/);
  type("L");
  await see(/LOG step 2/);
  await see(/made/);
});

test("a failure stays in sight with the line of the Dockerfile, its output and the exit code", async () => {
  const build = createBuild();
  const { terminal, see, store } = open(build);
  build.emit(...started(), output("make: *** no rule"));
  build.emit({ atMs: 900, type: "step-finished", step: 2, status: "failed" });
  const failure = { message: "the command failed", step: 2, exitCode: 2 };
  build.emit({ atMs: 1000, type: "finished", status: "failed", manifest: null, failure });
  build.end();
  await see(/Dockerfile line 5: RUN make/);
  await see(/the command failed \(exit code 2\)/);
  expect(terminal.text()).toMatch(/make: \*\*\* no rule/);
  expect(terminal.text()).toMatch(/^> {2}2 +FAIL/m);
  expect(store.getState().place).toBe("live");
});

test("q asks, Esc goes on, a second q cancels and leaves when all is cleaned up", async () => {
  const build = createBuild();
  const { type, see, left, store } = open(build);
  build.emit(...started());
  await see(/RUN make/);
  type("q");
  await see(/q: cancel it and leave/);
  type("\x1b");
  await see(/q quit/);
  expect(build.wasCancelled()).toBe(false);
  type("qq");
  await see(/Cancelling the build/);
  expect(build.wasCancelled()).toBe(true);
  expect(store.getState().live?.ended).toBe(false);
  build.emit({ atMs: 2000, type: "finished", status: "cancelled", manifest: null, failure: null });
  build.end();
  await left;
  expect(store.getState().live?.ended).toBe(true);
});

test("another step can be looked at while the build goes on", async () => {
  const build = createBuild();
  const { type, see, until } = open(build);
  build.emit(...started(), output("of step two"));
  await see(/of step two/);
  type("k");
  await see(/LOG step 1/);
  build.emit({ atMs: 500, type: "step-finished", step: 2, status: "executed" });
  build.emit({ atMs: 510, type: "step-started", step: 3 });
  await until(({ live }) => live?.progress.current === 3);
  await see(/^> {2}1 \+hit/m);
  type("F");
  await see(/LOG step 3/);
  build.end();
});

test("a stream that breaks says why", async () => {
  async function* broken(): AsyncGenerator<BuildEvent, void, void> {
    yield* started();
    throw new Error("the engine is gone");
  }
  session = openSession(cache, { live: { events: broken(), cancel: () => undefined } });
  await session.see(/the engine is gone/);
});

test("a replay is paused, moved and sped up by keys; going back shows the build as it was then", async () => {
  const events: BuildEvent[] = [
    ...started(),
    { ...output("early words"), atMs: 100 },
    { ...output("late words"), atMs: 900 },
    { atMs: 100_000, type: "step-finished", step: 2, status: "executed" },
  ];
  async function* read() {
    yield* events;
  }
  const player = new ReplayPlayer(read, { speed: 1 / 64, fromMs: 1000 });
  const stop = new AbortController();
  const live = {
    events: player.play(),
    cancel: () => stop.abort(),
    replay: { controls: player, durationMs: 10_000 },
  };
  session = openSession(cache, { live, columns: 100 });
  await session.see(/late words/);
  await session.see(/of 10\.0 s {2}replay x0\.016/);
  session.type(" ");
  await session.see(/paused/);
  session.type("\x1b[D");
  // Half a second earlier, and the events of then: the header tells the later of both times.
  await session.see(/ 5\d\d ms of 10\.0 s {2}replay x0\.016 {2}paused/);
  await session.see(/early words/);
  expect(session.terminal.text()).not.toContain("late words");
  session.type("\x1b[C");
  await session.see(/late words/);
  session.type(">");
  await session.see(/replay x0\.031/);
  player.seek(200_000);
  await session.until(state => state.live?.ended === true);
});
