import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { BatchNews } from "../../../cli/tui/live/batch-view.ts";
import type { BatchOutcome } from "../../../lib/batch/run-batch.ts";
import type { BuildEvent, PlannedStep } from "../../../lib/executor/events.ts";
import { createTuiCache, type TuiCache } from "../../support/tui-cache.ts";
import { openSession, type TuiSession } from "../../support/tui-session.ts";

let cache: TuiCache;
let session: TuiSession;

beforeAll(async () => {
  cache = await createTuiCache();
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(session.terminal.text());
  await session.close();
});
afterAll(() => cache.remove());

const step: PlannedStep = {
  number: 1,
  stage: { index: 0, name: "" },
  line: 1,
  endLine: 1,
  instruction: "RUN",
  text: "RUN make",
};

function begun(name: string): BatchNews[] {
  const events: BuildEvent[] = [
    { atMs: 0, type: "started", id: `20260101-000000-${name}`, driver: "sandbox", why: "", steps: [step] },
    { atMs: 1, type: "step-started", step: 1 },
    { atMs: 2, type: "output", step: 1, text: `made in ${name}` },
  ];
  return events.map(event => ({ name, event }));
}

function endOf(name: string, status: BatchOutcome["status"], failure: string | null): BatchNews {
  const context = { name, folder: `/all/${name}`, dockerfile: "Dockerfile" };
  const build = `20260101-000000-${name}`;
  const facts = { durationMs: 5, steps: 1, cachedSteps: 0, layers: 1, sizeBytes: 10, hint: null, lastOutput: [] };
  return { name, outcome: { context, status, build, failure, ...facts } };
}

test("builds side by side: what each does, the log of one, how each ended; q asks while some run", async () => {
  const goOn = Promise.withResolvers<void>();
  let cancelled = false;
  async function* news(): AsyncGenerator<BatchNews, void, void> {
    yield* begun("alpha");
    yield* begun("beta");
    await goOn.promise;
    yield endOf("alpha", "succeeded", null);
    yield endOf("beta", "failed", "step 1: it broke");
    yield endOf("gamma", "skipped", "it needs beta, which was not built");
  }
  const batch = {
    names: ["alpha", "beta", "gamma"],
    news: news(),
    cancel: () => {
      cancelled = true;
      goOn.resolve();
    },
  };
  session = openSession(cache, { columns: 110, rows: 30, batch });
  const { terminal, type, see, left } = session;
  await see(/running +0\/1 .* beta +RUN make/);
  expect(terminal.text()).toMatch(/^BUILDS 0 of 3 ended/);
  expect(terminal.text()).toMatch(/waiting .* gamma/);
  type("j\r");
  await see(/made in beta/);
  type("\x1b");
  await see(/^BUILDS/);
  type("jj\r");
  await see(/it has not begun/);
  type("q");
  await see(/^kaniko-lab {2}builds/);
  type("q");
  await see(/made in beta/);
  type("q");
  await see(/Builds are running\. {2}q: cancel them/);
  type("\x1b");
  await see(/\? help {2}q quit$/);
  type("A");
  await see(/^BUILDS 0 of 3 ended/);
  type("\x03\x03");
  await left;
  expect(cancelled).toBe(true);
  type("A");
  await see(/^BUILDS 3 of 3 ended {2}2 not built/);
  expect(terminal.text()).toMatch(/FAILED .* beta +step 1: it broke/);
  expect(terminal.text()).toMatch(/skipped .* gamma/);
});
