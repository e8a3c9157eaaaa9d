import { readdir } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { noPodman, PodmanService } from "./podman.ts";
import { busybox, collect, docker, executor, Lab, missing } from "./support.ts";

const reason = missing || noPodman;

describe.skipIf(reason)(`Podman${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let podman: PodmanService;
  let lab: Lab;

  beforeAll(async () => {
    podman = await PodmanService.create();
  });
  afterAll(() => podman.remove());
  afterEach(() => lab.remove());

  const volumes = () =>
    docker(podman.env.DOCKER_HOST as string, "volume", "ls", "--quiet", "--filter", "label=kaniko-lab=1").trim();
  const containers = () => docker(podman.env.DOCKER_HOST as string, "ps", "--all", "--quiet").trim();

  test("is known by its name", async () => {
    lab = await Lab.create("FROM scratch\n");
    expect((await createDockerDriver(podman.env).probe()).detail).toMatch(/^Podman \d/);
  });

  test.for(["bind", "copy"] as const)("builds, with the cache of the build before: %s", async mode => {
    lab = await Lab.create(`FROM ${busybox}\nCOPY file /file\nRUN cat /file\n`, { file: "seen-in-the-build" });
    const driver = createDockerDriver({ ...podman.env, KANIKO_LAB_DOCKER_MODE: mode });
    const request = lab.request(executor("fork"));
    const first = await collect(driver.run(request, new AbortController().signal));
    expect(first.lines).toContain("seen-in-the-build");
    expect(first.code).toBe(0);
    expect(await readdir(lab.path("out/image"))).toContain("index.json");
    const second = await collect(driver.run(request, new AbortController().signal));
    expect(second.lines.filter(line => line.includes("Using caching version of cmd"))).toHaveLength(2);
    expect(containers()).toBe("");
    expect(volumes()).toMatch(mode === "copy" ? /^kaniko-lab-layers-[0-9a-f]{24}$/ : /^$/);
  });

  test("cancelling leaves no container", async () => {
    lab = await Lab.create(`FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n`);
    const abort = new AbortController();
    const running = collect(createDockerDriver(podman.env).run(lab.request(executor("fork")), abort.signal), line => {
      if (line === "now-it-runs") abort.abort();
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(containers()).toBe("");
  });
});
