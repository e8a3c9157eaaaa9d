import { afterEach, describe, expect, test } from "vitest";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import type { ExecutorOutput } from "../../../lib/executor/port.ts";
import { busybox, collect, docker, executor, Lab, missing, ownContainers } from "./support.ts";

const sleeping = `FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n`;

let lab: Lab;
afterEach(() => lab.remove());

describe.skipIf(missing)(`the docker driver ends${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const driver = createDockerDriver();

  for (const mode of ["bind", "copy"] as const) {
    test(`cancelling in the middle of a RUN leaves no container and no volume, ${mode}`, async () => {
      const forced = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: mode });
      lab = await Lab.create(sleeping);
      const volumesBefore = docker("", "volume", "ls", "--quiet");
      const abort = new AbortController();
      const running = collect(forced.run(lab.request(executor("fork")), abort.signal), line => {
        if (line === "now-it-runs") abort.abort();
      });
      await expect(running).rejects.toMatchObject({ code: "cancelled", message: "the build was cancelled" });
      expect(ownContainers()).toEqual([]);
      expect(
        docker("", "volume", "ls", "--quiet")
          .split("\n")
          .filter(name => !volumesBefore.includes(name) && !name.startsWith("kaniko-lab-layers-")),
      ).toEqual([]);
    });
  }

  test("cancelling ends the container also while nobody asks for the next output", async () => {
    lab = await Lab.create(sleeping);
    const abort = new AbortController();
    const outputs = driver.run(lab.request(executor("fork")), abort.signal);
    await untilLine(outputs, "now-it-runs");
    expect(ownContainers()).toHaveLength(1);
    abort.abort();
    await expect.poll(() => ownContainers(), { timeout: 60_000 }).toEqual([]);
    await expect(outputs.next()).rejects.toMatchObject({ code: "cancelled" });
  });

  test("a signal that is aborted already starts nothing", async () => {
    lab = await Lab.create(sleeping);
    await expect(driver.run(lab.request(executor("fork")), AbortSignal.abort()).next()).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(ownContainers()).toEqual([]);
  });

  test("cancelling while things are prepared", async () => {
    lab = await Lab.create(sleeping, { big: "x".repeat(20 << 20) });
    const copying = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: "copy" });
    const abort = new AbortController();
    const run = async () => {
      for await (const output of copying.run(lab.request(executor("fork")), abort.signal)) {
        if (output.type === "preparing" && output.what.startsWith("sending")) abort.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ code: "cancelled" });
    expect(ownContainers()).toEqual([]);
  });

  test("a consumer that leaves early leaves nothing behind", async () => {
    lab = await Lab.create(sleeping);
    for await (const output of driver.run(lab.request(executor("fork")), new AbortController().signal)) {
      if (output.type === "line" && output.text === "now-it-runs") break;
    }
    expect(ownContainers()).toEqual([]);
  });

  test("a killed container says so", async () => {
    lab = await Lab.create(sleeping);
    const result = await collect(driver.run(lab.request(executor("fork")), new AbortController().signal), line => {
      if (line === "now-it-runs") docker("", "kill", ownContainers()[0] as string);
    });
    expect(result).toMatchObject({ code: 137, reason: "killed" });
  });

  test("a container whose process is gone is removed by the next run; one in use is not", async () => {
    lab = await Lab.create(`FROM ${busybox}\nRUN true\n`);
    const outputs = driver.run(lab.request(executor("fork")), new AbortController().signal);
    await outputs.next();
    const inUse = ownContainers()[0] as string;
    const labels = JSON.parse(docker("", "inspect", "--format", "{{json .Config.Labels}}", inUse)) as Record<
      string,
      string
    >;
    const owner = JSON.parse(labels["kaniko-lab.owner"] as string) as Record<string, unknown>;
    // No process has this id: it is above what the kernel gives out.
    const gone = JSON.stringify({ ...owner, pid: 2 ** 22 + 1 });
    const orphan = docker(
      "",
      "create",
      "--label",
      "kaniko-lab=1",
      "--label",
      `kaniko-lab.owner=${gone}`,
      busybox,
      "true",
    ).trim();

    const other = await Lab.create(`FROM ${busybox}\nRUN true\n`);
    const second = await collect(driver.run(other.request(executor("fork")), new AbortController().signal));
    await other.remove();
    expect(second.code).toBe(0);
    expect(docker("", "ps", "--all", "--quiet", "--no-trunc")).not.toContain(orphan);
    expect(ownContainers()).toContain(inUse);
    expect((await collect(outputs)).code).toBe(0);
  });
});

async function untilLine(outputs: AsyncGenerator<ExecutorOutput, void, void>, text: string): Promise<void> {
  for (;;) {
    const { value, done } = await outputs.next();
    if (done) throw new Error(`the executor ended without ${text}`);
    if (value.type === "line" && value.text === text) return;
  }
}
