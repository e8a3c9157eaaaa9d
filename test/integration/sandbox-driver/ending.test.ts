import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  allArguments,
  environmentOf,
  executors,
  executorsWith,
  linesOf,
  makeWorkplace,
  missing,
  mountsOfMachine,
  remove,
  skipNote,
  sleepersOf,
  start,
  type Who,
  type Workplace,
  waitForLine,
} from "./support.ts";

const users: readonly Who[] = ["root", "labuser"];

describe.skipIf(missing !== "").each(users)(`a build that does not end by itself, as %s${skipNote}`, who => {
  let place: Workplace;
  const mounts = mountsOfMachine();
  const runs = (): string[] => readdirSync(join(place.folder, "driver/runs"));
  const sleepers = (): number[] => sleepersOf(place);

  beforeEach(() => {
    place = makeWorkplace(who, executors.fork, ["waiting.Dockerfile"]);
  });
  afterEach(() => remove(place));

  test("leaves no process, no mount and no folder when it is aborted", async () => {
    const running = start(place);
    await waitForLine(running, "waiting");
    await vi.waitUntil(() => sleepers().length === 2, { timeout: 60_000 });
    running.abort();
    expect((await running.rest()).at(-1)).toMatchObject({ type: "error", code: "cancelled" });
    expect(sleepers()).toEqual([]);
    expect(mountsOfMachine()).toEqual(mounts);
    expect(runs()).toEqual([]);
  });

  test("ends when the one who started it is killed; the next run removes what is left", async () => {
    const running = start(place);
    await waitForLine(running, "waiting");
    await vi.waitUntil(() => sleepers().length === 2, { timeout: 60_000 });
    running.process.kill("SIGKILL");
    await vi.waitUntil(() => sleepers().length === 0, { timeout: 60_000 });
    expect(mountsOfMachine()).toEqual(mounts);
    const [left] = runs();
    expect(existsSync(join(place.folder, "driver/runs", left as string, "root/private/file"))).toBe(true);

    const answers = await start(place, { args: ["version"] }).rest();
    expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
    expect(runs()).toEqual([]);
  });

  test("is not disturbed by the next run on the same folder", async () => {
    const running = start(place);
    await waitForLine(running, "waiting");
    await vi.waitUntil(() => sleepers().length === 2, { timeout: 60_000 });
    const before = runs();
    const answers = await start(place, { args: ["version"] }).rest();
    expect(linesOf(answers)).toEqual([expect.stringContaining("v1.28.3")]);
    expect(runs()).toEqual(before);
    expect(sleepers()).toHaveLength(2);
    running.abort();
    await running.rest();
  });

  test("says so when the executor is killed by someone else", async () => {
    const OWNER = randomUUID();
    const running = start(place, { env: { OWNER } });
    await waitForLine(running, "waiting");
    const own = executorsWith(`OWNER=${OWNER}`);
    expect(own).toHaveLength(1);
    process.kill(own[0] as number, "SIGKILL");
    expect((await running.rest()).at(-1)).toEqual({
      type: "exit",
      code: 137,
      reason: "killed, perhaps out of memory",
    });
    expect(sleepers()).toEqual([]);
  });

  test("shows no secret in any argument list", async () => {
    const secret = `hunter2-${randomUUID()}`;
    const running = start(place, { env: { BUILD_TOKEN: secret, PEM: "line 1\nline 2" } });
    // The request itself is an argument of the test's own program.
    const own = JSON.stringify({ BUILD_TOKEN: secret }).slice(1, -1);
    await waitForLine(running, "waiting");
    const [executor] = executorsWith(`BUILD_TOKEN=${secret}`);
    expect(environmentOf(executor as number)).toEqual(
      expect.arrayContaining([`BUILD_TOKEN=${secret}`, "PEM=line 1\nline 2", "container=docker"]),
    );
    expect(environmentOf(executor as number).filter(pair => /^(KLAB|klab|LC_ALL|PWD)/.test(pair))).toEqual([]);
    expect(allArguments().replaceAll(own, "")).not.toContain(secret);
    running.abort();
    await running.rest();
  });
});
