import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { applyEvent, type BuildProgress, noProgress } from "../../../lib/build/progress.ts";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { planSteps } from "../../../lib/dockerfile/plan.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";
import { hashParts } from "../../../lib/executor/composite-key.ts";
import type { BuildEvent, PlannedStep } from "../../../lib/executor/events.ts";
import { type LogEvent, LogInterpreter } from "../../../lib/executor/log-events.ts";

// Logs of real builds of fixtures/logs/Dockerfile: first with an empty layer cache, then again.
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/logs/${name}`, import.meta.url), "utf8");

function planOf(text: string) {
  const resolved = resolveStages(parseDockerfile(text), { buildArgs: {}, target: null });
  return {
    steps: planSteps(resolved),
    baseStages: resolved.stages.map(stage => (stage.base.kind === "stage" ? stage.base.index : null)),
    stageOfLogIndex: (index: number) => index,
    logLevel: "info" as const,
  };
}

function interpret(lines: readonly string[], plan = planOf(fixture("Dockerfile")), exitCode = 0) {
  const interpreter = new LogInterpreter(plan);
  const events = [...lines.flatMap(line => interpreter.line(line)), ...interpreter.end(exitCode)];
  return { events, interpreter, progress: fold(events, plan.steps) };
}

function fold(events: readonly LogEvent[], steps: readonly PlannedStep[]): BuildProgress {
  const started = { type: "started", id: "x", driver: "docker", why: "", steps, atMs: 0 } as const;
  const timed = events.map((event, at) => ({ atMs: at, ...event }) as BuildEvent);
  return [started, ...timed].reduce(applyEvent, noProgress);
}

const linesOf = (name: string) => fixture(name).trimEnd().split("\n");
const states = (progress: BuildProgress) => progress.steps.map(step => step.state);
const results = (progress: BuildProgress) => progress.steps.map(step => step.cacheResult);

describe.each(["fork", "upstream"])("the log of a real build (%s)", family => {
  test("every step runs with an empty cache", () => {
    const { progress } = interpret(linesOf(`${family}-1.log`));
    expect(progress.steps.map(step => step.text)[6]).toBe("RUN <<END");
    expect(states(progress)).toEqual(
      "executed metadata metadata executed executed executed executed executed metadata executed executed metadata".split(
        " ",
      ),
    );
  });

  test("what can be cached is a hit the second time", () => {
    const { progress } = interpret(linesOf(`${family}-2.log`));
    const cached = progress.steps.filter(step => step.state === "cached").map(step => step.instruction);
    const workdir = family === "fork" ? ["WORKDIR"] : [];
    expect(cached).toEqual([...workdir, "COPY", "RUN", "RUN", "COPY", "RUN"]);
    expect(results(progress).filter(result => result === "hit")).toHaveLength(cached.length);
  });

  test("every cache key hashes from the parts that were read", () => {
    const { progress } = interpret(linesOf(`${family}-1.log`));
    const keyed = progress.steps.filter(step => step.cacheKey !== null);
    expect(keyed).toHaveLength(10);
    for (const step of keyed) {
      const upToHere = keyed.filter(other => other.stage.index === step.stage.index && other.number <= step.number);
      expect(hashParts(upToHere.flatMap(other => other.cacheParts ?? []))).toBe(step.cacheKey);
    }
  });

  test("output belongs to the RUN that prints it", () => {
    const { events } = interpret(linesOf(`${family}-1.log`));
    const outputs = events.filter(event => event.type === "output");
    const heredoc =
      family === "fork"
        ? [
            { type: "output", step: 7, text: "heredoc" },
            { type: "output", step: 7, text: "two" },
          ]
        : [];
    expect(outputs).toEqual([...heredoc, { type: "output", step: 11, text: "err" }]);
  });
});

describe("a first miss", () => {
  test("has the reason, and steps after it are not looked up", () => {
    const { progress } = interpret(linesOf("fork-1.log"));
    const workdir = progress.steps[3];
    expect(workdir).toMatchObject({ cacheResult: "miss", missReason: "no entry under this key" });
    expect(progress.steps[4]?.cacheResult).toBe("skipped");
  });
});

const runTwice = "FROM base\nRUN echo hi\nRUN echo last words; exit 3\n";

describe("the end of a failing build", () => {
  const json = (msg: string) => JSON.stringify({ level: "info", msg, time: "" });
  const lines = [
    json("Building stage 'base' [idx: '0', base-idx: '-1']"),
    json("RUN echo hi"),
    "hi",
    json("RUN echo last words; exit 3"),
    "last words",
    "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 3",
  ];

  test("names the step, the code and Kaniko's own words", () => {
    const { interpreter, progress } = interpret(lines, planOf(runTwice), 3);
    expect(states(progress)).toEqual(["metadata", "executed", "failed"]);
    expect(interpreter.failure(3, "")).toEqual({
      message: "error building stage: failed to execute command: waiting for process to exit: exit status 3",
      step: 3,
      exitCode: 3,
    });
  });

  test("a COPY whose files are not there is the step that failed", () => {
    const plan = planOf("FROM base\nRUN echo hi\nCOPY nothere /x\n");
    const missing = "error building image: error building stage: failed to get files used from context: no such file";
    const { interpreter, progress } = interpret([...lines.slice(0, 3), missing], plan, 1);
    expect(states(progress)).toEqual(["metadata", "executed", "failed"]);
    expect(interpreter.failure(1, "").step).toBe(3);
  });

  test("an error that a RUN prints is its output", () => {
    const { events } = interpret([...lines.slice(0, 2), "Error: not found"], planOf(runTwice), 0);
    expect(events).toContainEqual({ type: "output", step: 2, text: "Error: not found" });
  });

  test("of the usage behind a wrong flag only the error is kept", () => {
    const { events, interpreter } = interpret(
      ["Error: unknown flag: --nope", "Usage:", "  executor [flags]"],
      planOf(runTwice),
      1,
    );
    expect(events.filter(event => event.type === "output")).toEqual([]);
    expect(interpreter.failure(1, "").message).toBe("unknown flag: --nope");
  });
});

describe("other forms of the same lines", () => {
  const start = "Building stage 'base' [idx: '0', base-idx: '-1']";
  test.each([
    ["text", (msg: string) => `time="2026-01-01T00:00:00Z" level=info msg=${JSON.stringify(msg)}`],
    ["colour at debug level", (msg: string) => `\x1b[2;36mDEBU\x1b[0m[0003] ${msg.padEnd(44)} `],
    ["colour", (msg: string) => `\x1b[36mINFO\x1b[0m[0003] ${msg.padEnd(44)} `],
    ["plain colour", (msg: string) => `INFO[0003] ${msg}`],
  ])("%s", (_name, form) => {
    const { progress } = interpret(
      [form(start), form("RUN echo hi"), "hi", form("Taking snapshot of full filesystem...")],
      planOf(runTwice),
    );
    expect(progress.steps[1]).toMatchObject({ state: "executed", snapshotMs: expect.any(Number) });
  });

  test("a log line behind output without a line end", () => {
    const json = JSON.stringify({ level: "info", msg: "RUN echo last words; exit 3", time: "" });
    const { events } = interpret(
      [start, "RUN echo hi"].map(msg => JSON.stringify({ level: "info", msg, time: "" })).concat(`no end${json}`),
      planOf(runTwice),
    );
    expect(events).toContainEqual({ type: "output", step: 2, text: "no end" });
    expect(events).toContainEqual({ type: "step-started", step: 3 });
  });
});

test("steps of squashed stages start in the stage that took them in", () => {
  const text = "FROM base AS one\nRUN a\nFROM one AS two\nRUN b\n";
  const json = (msg: string) => JSON.stringify({ level: "info", msg, time: "" });
  const { progress } = interpret(
    [json("Building stage 'base' [idx: '1', base-idx: '-1']"), json("RUN a"), json("RUN b")],
    planOf(text),
  );
  expect(states(progress)).toEqual(["metadata", "executed", "metadata", "executed"]);
});

test("triggers of the base image become steps of their own, after FROM", () => {
  const json = (msg: string) => JSON.stringify({ level: "info", msg, time: "" });
  const lines = [
    json("Building stage 'base' [idx: '0', base-idx: '-1']"),
    json("RUN echo trigger"),
    json("RUN echo hi"),
  ];
  const { progress } = interpret(lines, planOf("FROM base\nRUN echo hi\n"));
  expect(progress.steps.map(step => [step.number, step.line, step.text])).toEqual([
    [1, 1, "FROM base"],
    [3, null, "RUN echo trigger"],
    [2, 2, "RUN echo hi"],
  ]);
});
