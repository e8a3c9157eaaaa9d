import { expect, test } from "vitest";
import { junitXml } from "../../../lib/batch/junit.ts";
import { type BatchItem, runBatch } from "../../../lib/batch/run-batch.ts";
import type { BuildDriver, BuildToRun } from "../../../lib/build/build-driver.ts";
import { LabError } from "../../../lib/error.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";

/** A driver whose builds end when they are told to. */
class HeldBuilds {
  readonly running = new Map<string, (status: BuildRecord["status"] | Error) => void>();
  most = 0;
  #noticeStart: () => void = () => undefined;

  item(name: string, needs: readonly string[] = []): BatchItem {
    const context = { name, folder: `/contexts/${name}`, dockerfile: "Dockerfile" };
    const driver = { name: "docker", build: () => this.#build(name) } as unknown as BuildDriver;
    return { context, needs, order: { driver } as BuildToRun };
  }

  async *#build(name: string): AsyncGenerator<BuildEvent, BuildRecord, void> {
    yield { type: "started", id: `id-${name}`, driver: "docker", why: "", steps: [], atMs: 0 };
    const ended = new Promise<BuildRecord["status"] | Error>(resolve => this.running.set(name, resolve));
    this.most = Math.max(this.most, this.running.size);
    this.#noticeStart();
    const status = await ended;
    this.running.delete(name);
    if (status instanceof Error) throw status;
    const failure = status === "failed" ? { message: "no <shell>\u0000", step: 2, exitCode: 1 } : null;
    return { id: `id-${name}`, status, durationMs: 1500, steps: [], layers: [], failure } as unknown as BuildRecord;
  }

  async end(name: string, status: BuildRecord["status"] | Error = "succeeded"): Promise<void> {
    while (!this.running.has(name)) await new Promise<void>(resolve => (this.#noticeStart = resolve));
    this.running.get(name)?.(status);
  }
}

function start(items: readonly BatchItem[], jobs: number, signal = new AbortController().signal) {
  return runBatch(items, { jobs, signal, onEvent: () => undefined, onEnd: () => undefined });
}

test("no more at a time than asked for, and all of them", async () => {
  const builds = new HeldBuilds();
  const names = Array.from({ length: 9 }, (_, index) => `c${index}`);
  const batch = start(
    names.map(name => builds.item(name)),
    3,
  );
  for (const name of names) await builds.end(name);
  expect((await batch).map(outcome => outcome.status)).toEqual(names.map(() => "succeeded"));
  expect(builds.most).toBe(3);
});

test("a failure goes on to those that need it, and to no others", async () => {
  const builds = new HeldBuilds();
  const items = [
    builds.item("top", ["middle"]),
    builds.item("middle", ["base"]),
    builds.item("base"),
    builds.item("x"),
  ];
  const batch = start(items, 4);
  await builds.end("base", "failed");
  await builds.end("x");
  const outcomes = await batch;
  expect(outcomes.map(({ context, status, failure }) => [context.name, status, failure])).toEqual([
    ["top", "skipped", "it needs middle, which was not built"],
    ["middle", "skipped", "it needs base, which was not built"],
    ["base", "failed", "step 2: no <shell>\u0000"],
    ["x", "succeeded", null],
  ]);
  const xml = junitXml('a "b"', outcomes);
  expect(xml).toContain(
    '<testsuite name="a &quot;b&quot;" tests="4" failures="1" errors="0" skipped="2" time="3.000">',
  );
  expect(xml).toContain('<failure message="step 2: no &lt;shell&gt;\ufffd"/>');
});

test("what is needed comes first", async () => {
  const builds = new HeldBuilds();
  const batch = start([builds.item("app", ["base"]), builds.item("base")], 2);
  await builds.end("base");
  await builds.end("app");
  await batch;
  expect(builds.most).toBe(1);
});

test("an engine that is lost, an unreadable Dockerfile: failed, the others go on", async () => {
  const builds = new HeldBuilds();
  const unreadable = { ...builds.item("odd"), order: new LabError("dockerfile-syntax", "line 1: FRUM") };
  const batch = start([builds.item("lost"), unreadable, builds.item("fine")], 1);
  await builds.end("lost", new LabError("engine-lost", "the engine is gone"));
  await builds.end("fine");
  expect((await batch).map(({ status, build, failure }) => [status, build, failure])).toEqual([
    ["failed", "id-lost", "the engine is gone"],
    ["failed", null, "line 1: FRUM"],
    ["succeeded", "id-fine", null],
  ]);
});

test("after an interruption nothing begins any more", async () => {
  const builds = new HeldBuilds();
  const stop = new AbortController();
  const batch = start([builds.item("one"), builds.item("two")], 1, stop.signal);
  stop.abort();
  await builds.end("one", new LabError("cancelled", "the build was cancelled"));
  expect((await batch).map(({ status, build }) => [status, build])).toEqual([
    ["cancelled", "id-one"],
    ["cancelled", null],
  ]);
});

test("a bug is thrown, when all that runs has ended", async () => {
  const builds = new HeldBuilds();
  const batch = start([builds.item("bug"), builds.item("fine"), builds.item("late")], 2);
  const caught = batch.catch(error => error);
  await builds.end("bug", new TypeError("undefined is not a function"));
  await builds.end("fine");
  expect(await caught).toBeInstanceOf(TypeError);
});

test("of a failed step its last words are kept, and what to do; of others nothing", async () => {
  const output = (text: string): BuildEvent => ({ atMs: 1, type: "output", step: 2, text });
  const words = ["1", "2", "3", "4", "5", "6 <&>"];
  const item = (name: string, failure: BuildRecord["failure"]): BatchItem => {
    const record = {
      id: name,
      status: failure ? "failed" : "succeeded",
      durationMs: 1,
      steps: [],
      layers: [],
      failure,
    };
    async function* build(): AsyncGenerator<BuildEvent, BuildRecord, void> {
      yield output("of an earlier step");
      yield { atMs: 1, type: "step-started", step: 2 };
      for (const word of words) yield output(word);
      return record as unknown as BuildRecord;
    }
    const order = { driver: { name: "docker", build } } as unknown as BatchItem["order"];
    return { context: { name, folder: `/all/${name}`, dockerfile: "Dockerfile" }, order, needs: [] };
  };
  const outcomes = await start(
    [
      item("fails", { message: "the command ended with exit status 7", step: 2, exitCode: 7 }),
      item("fine", null),
      item("refused", { message: "POST http://r/v2/: UNAUTHORIZED", step: null, exitCode: 1 }),
    ],
    1,
  );
  expect(outcomes.map(({ lastOutput }) => lastOutput)).toEqual([words.slice(1), [], []]);
  expect(outcomes.map(({ hint }) => hint)).toEqual([null, null, expect.stringContaining("--docker-config")]);
  expect(junitXml("x", outcomes)).toContain(">2\n3\n4\n5\n6 &lt;&amp;&gt;</failure>");
});
