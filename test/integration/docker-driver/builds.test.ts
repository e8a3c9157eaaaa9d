import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, chown, readdir, utimes } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../../lib/executor/docker/connect-engine.ts";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { importBinary } from "../../../lib/executor/docker/import-binary.ts";
import {
  busybox,
  collect,
  docker,
  executor,
  executorFile,
  Lab,
  missing,
  ownContainers,
  registry,
  registryHas,
} from "./support.ts";

const dockerfile = `ARG BASE=${busybox}
FROM $BASE AS build
WORKDIR /src
COPY . .
RUN cat app.sh > copied && ls -ln app.sh deep && touch /workspace/written 2>/dev/null; echo done
FROM $BASE
COPY --from=build /src/copied /copied
RUN cat /copied
`;

let lab: Lab;
afterEach(() => lab.remove());

const modes = ["bind", "copy"] as const;
const families = ["fork", "upstream"] as const;

describe.skipIf(missing)(`the docker driver builds${missing ? ` (skipped: ${missing})` : ""}`, () => {
  for (const mode of modes) {
    const driver = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: mode });
    for (const family of families) {
      test(`two stages with the ${family}'s executor, ${mode}`, async () => {
        lab = await Lab.create(dockerfile, { "app.sh": "#!/bin/sh\n", "deep/er/file": "x" });
        const request = lab.request(executor(family));

        const first = await collect(driver.run(request, new AbortController().signal));
        expect(first.lines.join("\n")).toContain("#!/bin/sh");
        expect(first).toMatchObject({ code: 0, reason: "" });
        expectCompleteLayout(lab.path("out/image"));
        const entries = await readdir(lab.path("layers"));
        // Upstream keeps no layer for WORKDIR.
        expect(entries.length).toBeGreaterThanOrEqual(4);
        for (const entry of entries) expectCompleteLayout(lab.path("layers", entry));
        // The mounted context is read-only or a copy: what the build does there is not seen here.
        expect(await readdir(lab.path("context"))).toEqual(["Dockerfile", "app.sh", "deep"]);
        expect(statSync(lab.path("out/image/index.json")).uid).toBe(process.getuid?.());

        const second = await collect(driver.run(request, new AbortController().signal));
        expect(second.code).toBe(0);
        expect(
          second.lines.filter(line => line.includes("Using caching version of cmd")).length,
        ).toBeGreaterThanOrEqual(4);
        expect(second.lines.join("\n")).not.toContain("No cached layer found");
        expect(await readdir(lab.path("layers"))).toEqual(entries);
        expect(ownContainers()).toEqual([]);
      });
    }

    test(`a failing RUN keeps its exit code and the layers before it, ${mode}`, async () => {
      // Kaniko pushes a layer to its cache beside the build: the failing RUN waits until it is there.
      const pushed = "until ls /cache/layers:*/index.json; do sleep 0.1; done";
      lab = await Lab.create(`FROM ${busybox}\nRUN echo one > /one\nRUN echo to-stderr >&2; ${pushed}; exit 37\n`);
      const result = await collect(driver.run(lab.request(executor("fork")), new AbortController().signal));
      expect(result.code).toBe(37);
      expect(result.lines).toContain("to-stderr");
      expect(await readdir(lab.path("layers"))).toHaveLength(1);
    });

    test(`environment reaches the executor, ${mode}`, async () => {
      lab = await Lab.create(`FROM ${busybox}\nRUN true\n`);
      const request = lab.request(executor("fork"), { env: { FF_KANIKO_CACHE_PROBE_AFTER_MISS: "1" } });
      const result = await collect(driver.run(request, new AbortController().signal));
      expect(result.lines.join("\n")).toMatch(/active feature flags: .*FF_KANIKO_CACHE_PROBE_AFTER_MISS/);
    });

    test(`a single file can be mounted, ${mode}`, async () => {
      lab = await Lab.create(`FROM ${busybox}\nRUN true\n`, {
        "other/Dockerfile.two": `FROM ${busybox}\nRUN echo from-two\n`,
      });
      const base = lab.request(executor("fork"), { flags: ["--dockerfile=/lab/in/Dockerfile"] });
      const file = { hostPath: lab.path("context/other/Dockerfile.two"), path: "/lab/in/Dockerfile", readOnly: true };
      const result = await collect(
        driver.run({ ...base, mounts: [...base.mounts, file] }, new AbortController().signal),
      );
      expect(result.code).toBe(0);
      expect(result.lines).toContain("from-two");
    });
  }

  test.for(families)(
    "root's work succeeds without device nodes and without privilege with the %s's executor",
    async (family, context) => {
      if (!(await registryHas("base/debian", "bookworm"))) context.skip(`no ${registry}/base/debian:bookworm`);
      lab = await Lab.create(`FROM ${registry}/base/debian:bookworm AS users
RUN useradd --create-home --uid 1234 bob && su bob -c 'id -u > ~/id' && chmod 4755 /home/bob/id && chroot / /bin/true
RUN mknod /tmp/device b 1 1 && echo made-a-device || echo refused-a-device
RUN stat -c 'owner=%u mode=%a' /home/bob/id; ls -ld /sbin
FROM ${registry}/base/debian:bookworm
COPY --from=users /home/bob /home/bob
RUN ls -ld /sbin
`);
      const run = createDockerDriver().run(lab.request(executor(family)), new AbortController().signal);
      const result = await collect(run);
      expect(result.code, result.lines.slice(-5).join("\n")).toBe(0);
      expect(result.lines).toContain("refused-a-device");
      expect(result.lines).toContain("owner=1234 mode=4755");
      // Nothing of the engine's is mounted where the base image has a link.
      expect(result.lines.filter(line => line.endsWith("/sbin -> usr/sbin"))).toHaveLength(2);
    },
  );

  test("long lines are cut and what follows is whole", async () => {
    lab = await Lab.create(`FROM ${busybox}
RUN head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after; seq 1 20000
`);
    const result = await collect(createDockerDriver().run(lab.request(executor("fork")), new AbortController().signal));
    expect(result.lines.find(line => line.startsWith("xxx"))).toHaveLength(1 << 20);
    expect(result.lines).toContain("after");
    const numbers = result.lines.filter(line => /^\d+$/.test(line));
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, position) => String(position + 1)));
  });

  test("what an ordinary user builds belongs to that user", async context => {
    if (process.getuid?.() !== 0) context.skip("only root can become another user");
    lab = await Lab.create(`FROM ${busybox}\nRUN echo x > /x\n`);
    const user = 65_534;
    await chmod(lab.root, 0o755);
    for (const folder of ["out", "layers", "driver"]) await chown(lab.path(folder), user, user);
    const request = JSON.stringify(lab.request(executor("fork")));
    const driverFile = fileURLToPath(new URL("../../../lib/executor/docker/docker-driver.ts", import.meta.url));
    const script = `const { createDockerDriver } = await import(process.argv[1]);
      for await (const output of createDockerDriver().run(JSON.parse(process.argv[2]), new AbortController().signal))
        if (output.type !== "line") console.log(JSON.stringify(output));`;
    const { gid } = statSync("/var/run/docker.sock");
    // The executor's file is root's; an image made of it is not.
    const image = { ...lab.request(executor("fork")), signal: new AbortController().signal, report: () => {} };
    const reference = await importBinary(await connectEngine(process.env), executorFile("fork"), image);
    const source = { kind: "image", reference };
    const output = execFileSync(
      "setpriv",
      [
        `--reuid=${user}`,
        `--regid=${gid}`,
        "--clear-groups",
        process.execPath,
        "--input-type=module",
        "--eval",
        script,
        driverFile,
        JSON.stringify({ ...JSON.parse(request), source }),
      ],
      { encoding: "utf8", cwd: lab.root, env: { ...process.env, HOME: lab.root } },
    );
    expect(output).toContain('"receiving /out"');
    expect(output).toContain('{"type":"exit","code":0,"reason":""}');
    expect(statSync(lab.path("out/image/index.json")).uid).toBe(user);
    expect((await readdir(lab.path("driver"))).filter(name => name.startsWith("probe-"))).toEqual([]);
  });

  test("an expired entry is written again and comes back from a copy", async () => {
    const driver = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: "copy" });
    lab = await Lab.create(`FROM ${busybox}\nRUN date > /when\n`);
    await collect(driver.run(lab.request(executor("fork")), new AbortController().signal));
    const [entry] = await readdir(lab.path("layers"));
    const index = lab.path("layers", entry as string, "index.json");
    const before = readFileSync(index, "utf8");
    const longAgo = new Date(Date.now() - 400 * 3_600_000);
    await utimes(index, longAgo, longAgo);

    const short = lab.request(executor("fork"), { flags: ["--cache-ttl=1ms"] });
    const result = await collect(driver.run(short, new AbortController().signal));
    expect(result.lines.join("\n")).toContain("Cache entry expired");
    expect(readFileSync(index, "utf8")).not.toBe(before);
    expectCompleteLayout(lab.path("layers", entry as string));
  });

  test("layers are sent to the engine's volume once", async () => {
    const driver = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: "copy" });
    lab = await Lab.create(`FROM ${busybox}\nRUN echo x > /x\n`);
    const preparing: (readonly string[])[] = [];
    for (let run = 0; run < 3; run += 1) {
      preparing.push(
        (await collect(driver.run(lab.request(executor("fork")), new AbortController().signal))).preparing,
      );
    }
    expect(preparing.map(steps => steps.includes("sending cached layers"))).toEqual([false, true, false]);
  });

  test("volumes of copies are gone, the kept one is labelled", async () => {
    lab = await Lab.create(`FROM ${busybox}\nRUN true\n`);
    const driver = createDockerDriver({ ...process.env, KANIKO_LAB_DOCKER_MODE: "copy" });
    const before = labVolumes();
    await collect(driver.run(lab.request(executor("fork")), new AbortController().signal));
    const added = labVolumes().filter(name => !before.includes(name));
    expect(added).toHaveLength(1);
    expect(added[0]).toMatch(/^kaniko-lab-layers-[0-9a-f]{24}$/);
    docker("", "volume", "rm", added[0] as string);
  });
});

function labVolumes(): string[] {
  return docker("", "volume", "ls", "--quiet", "--filter", "label=kaniko-lab=1").split("\n").filter(Boolean);
}

/** Follows an OCI layout's index to its last blob. */
function expectCompleteLayout(folder: string): void {
  const index = JSON.parse(readFileSync(`${folder}/index.json`, "utf8")) as { manifests: { digest: string }[] };
  const blobs = readdirSync(`${folder}/blobs/sha256`);
  for (const blob of blobs) {
    expect(
      createHash("sha256")
        .update(readFileSync(`${folder}/blobs/sha256/${blob}`))
        .digest("hex"),
    ).toBe(blob);
  }
  expect(index.manifests.length).toBeGreaterThan(0);
  for (const { digest } of index.manifests) {
    const manifest = JSON.parse(readFileSync(`${folder}/blobs/${digest.replace(":", "/")}`, "utf8")) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    for (const part of [manifest.config, ...manifest.layers])
      expect(blobs).toContain(part.digest.replace("sha256:", ""));
  }
}
