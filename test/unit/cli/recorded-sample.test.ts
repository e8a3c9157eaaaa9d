import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../support/built-program.ts";

// The recording of the sample that comes with the project, on a machine where nothing can be built.

const top = fileURLToPath(new URL("../../..", import.meta.url));
const cache = mkdtempSync(join(tmpdir(), "klab-sample-"));
afterAll(() => rmSync(cache, { recursive: true }));

function run(...args: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: cache, DOCKER_HOST: "tcp://127.0.0.1:1", KANIKO_LAB_CACHE: cache };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: top,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("the recorded sample", () => {
  let start: ReturnType<typeof run>;
  beforeAll(() => {
    start = run("start", "--driver", "docker", "--json");
  });

  test("start plays it and says so", () => {
    expect(start.status).toBe(0);
    expect(start.stderr).toContain("Replay of a real Kaniko build");
    expect(JSON.parse(start.stdout)).toMatchObject({ build: { replay: true, status: "succeeded" } });
  });

  test("its two builds can be compared", () => {
    const { changes } = JSON.parse(run("diff", "--json", "--ignore", "time").stdout);
    expect(changes.map((change: { path: string }) => change.path)).toContain("usr/bin/greet");
  });

  test("a file that a later step removed is read from the step before", () => {
    expect(JSON.parse(run("cat", "latest", "/root/token", "--step", "12", "--json").stdout)).toMatchObject({
      path: "root/token",
      encoding: "utf8",
      content: "not so secret\n",
    });
    expect(run("cat", "latest", "/root/token")).toMatchObject({ status: 1, stdout: "" });
  });

  test("of the base image only the listing is there, and that is said", () => {
    expect(run("ls", "latest", "/bin/busybox").stdout).toContain("busybox");
    expect(run("cat", "latest", "/bin/busybox")).toMatchObject({ status: 5, stderr: expect.stringContaining("hint:") });
  });

  test("build --driver replay plays the build of the same context", () => {
    const replay = run("build", "workspace/greeter", "--driver", "replay", "--json");
    expect(JSON.parse(replay.stdout)).toMatchObject({ build: { replay: true, name: "greeter-edited" } });
    expect(run("build", "workspace", "--driver", "replay")).toMatchObject({ status: 1 });
  });
});
