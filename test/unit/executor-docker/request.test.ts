import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { cacheTtlMs } from "../../../lib/executor/docker/cache-ttl.ts";
import { containerOptions } from "../../../lib/executor/docker/container-options.ts";
import { volumesForCopies } from "../../../lib/executor/docker/copied-mounts.ts";
import { planLayerCache } from "../../../lib/executor/docker/layer-cache-plan.ts";
import { needsHostNetwork } from "../../../lib/executor/docker/network.ts";

const hourMs = 3_600_000;

describe("the network", () => {
  const request = (args: string[], env: Record<string, string> = {}, insecureRegistries: string[] = []) =>
    needsHostNetwork({ args, env, insecureRegistries });

  test.for([
    ["--destination=localhost:5000/a/b:1"],
    ["--destination", "127.0.0.1:5000/a"],
    ["--build-arg=BASE=127.9.9.9:5000/base:1"],
    ["--registry-map=docker.io=[::1]:5000"],
    ["--registry-mirror=mirror.localhost:80"],
    ["--insecure-registry=localhost"],
    ["--context=http://localhost:8080/c.tar.gz"],
  ])("%s needs the host's", args => {
    expect(request(args)).toBe(true);
  });

  test.for([
    ["--destination=registry.example.com/a"],
    ["--destination=localhost.example.com/a"],
    ["--destination=my-localhost/a"],
    ["--build-arg=VERSION=1.127.0.0.1"],
    ["--label=url=http://localhost:80/"],
    ["--label", "url=http://localhost:80/"],
  ])("%s does not", args => {
    expect(request(args)).toBe(false);
  });

  test("also by the environment and by a registry without TLS", () => {
    expect(request([], { HTTP_PROXY: "http://user:secret@127.0.0.1:3128" })).toBe(true);
    expect(request([], {}, ["localhost:5000"])).toBe(true);
    expect(request([], { HTTP_PROXY: "http://proxy:3128" }, ["registry:5000"])).toBe(false);
  });
});

describe("the container", () => {
  const image = { id: "sha256:1", reference: "x", entrypoint: ["/kaniko/executor"], env: [] };
  const plan = {
    name: "n",
    image,
    args: ["--no-push"],
    env: { A: "b=c" },
    mounts: [],
    network: "default",
    debugger: null,
  } as const;

  test("has no privilege and few capabilities", () => {
    const { HostConfig, Env, Labels } = containerOptions(plan);
    expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ["ALL"], AutoRemove: false, Init: false });
    expect(HostConfig?.CapAdd).not.toContain("MKNOD");
    expect(HostConfig).not.toHaveProperty("NetworkMode");
    expect(Env).toEqual(["A=b=c"]);
    expect(Labels).toMatchObject({ "kaniko-lab": "1" });
  });

  test("runs the debugger on loopback only", () => {
    const debug = { dlv: "/go/bin/dlv", port: 4000 };
    const published = containerOptions({ ...plan, debugger: debug });
    expect(published.Entrypoint).toEqual([
      "/go/bin/dlv",
      "exec",
      "--listen=:4000",
      "--headless",
      "--api-version=2",
      "--accept-multiclient",
      "/kaniko/executor",
    ]);
    expect(published.Cmd).toEqual(["--", "--no-push"]);
    expect(published.HostConfig?.PortBindings).toEqual({ "4000/tcp": [{ HostIp: "127.0.0.1", HostPort: "4000" }] });
    const onHost = containerOptions({ ...plan, network: "host", debugger: debug });
    expect(onHost.Entrypoint).toContain("--listen=127.0.0.1:4000");
    expect(onHost.HostConfig).not.toHaveProperty("PortBindings");
  });
});

describe("volumes for copies", () => {
  const mount = (target: string, isFile: boolean) => ({ hostPath: "/h", path: target, readOnly: false, isFile });
  test("folders have one, files share their folder's, Kaniko's own folder needs none", () => {
    const mounts = [
      mount("/workspace", false),
      mount("/workspace/sub/file", true),
      mount("/kaniko/.docker/config.json", true),
      mount("/run/secret", true),
      mount("/top", true),
    ];
    expect(volumesForCopies(mounts).map(volume => volume.Target)).toEqual(["/workspace", "/run"]);
  });
});

describe("the layer cache", () => {
  test.for([
    [[], 336 * hourMs],
    [["--cache-ttl=6h"], 6 * hourMs],
    [["--cache-ttl", "1h30m"], 1.5 * hourMs],
    [["--cache-ttl=6h", "--cache-ttl=10ms"], 10],
    [["--cache-ttl=soon"], 336 * hourMs],
  ] as const)("%j lives %d ms", ([args, ttlMs]) => {
    expect(cacheTtlMs(args)).toBe(ttlMs);
  });

  test("entries are told apart by their age", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "kaniko-lab-unit-"));
    const nowMs = Date.now();
    const entry = async (digit: string, ageHours: number | null) => {
      const name = `layers:${digit.repeat(64)}`;
      await mkdir(path.join(folder, name));
      if (ageHours === null) return name;
      const index = path.join(folder, name, "index.json");
      await writeFile(index, "{}");
      const time = new Date(nowMs - ageHours * hourMs);
      await utimes(index, time, time);
      return name;
    };
    const [fresh, ageing, expired, broken] = [
      await entry("a", 1),
      await entry("b", 99),
      await entry("c", 103),
      await entry("d", null),
    ];
    await mkdir(path.join(folder, "image"));
    await writeFile(path.join(folder, `sha256:${"e".repeat(64)}.tgz`), "");
    const plan = await planLayerCache(folder, 100 * hourMs, nowMs);
    await rm(folder, { recursive: true });
    expect(plan).toEqual({ kept: [fresh], ageing: [ageing, broken], expired: [expired] });
  });
});
