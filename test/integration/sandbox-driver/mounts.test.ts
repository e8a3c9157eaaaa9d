import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutorOutput } from "../../../lib/executor/port.ts";
import { createSandboxDriver } from "../../../lib/executor/sandbox/sandbox-driver.ts";
import {
  type Answer,
  buildArguments,
  executors,
  linesOf,
  makeWorkplace,
  missing,
  remove,
  skipNote,
  sleepersOf,
  start,
  type Who,
  type Workplace,
} from "./support.ts";

const users: readonly Who[] = ["root", "labuser"];

function mountTmpfs(at: string, options: string): void {
  mkdirSync(at);
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  chmodSync(at, 0o777);
}

describe.skipIf(missing !== "").each(users)(`what a build sees of the machine, as %s${skipNote}`, who => {
  let place: Workplace;
  let lines: string[];
  let answers: Answer[];
  const mounted: string[] = [];

  beforeAll(async () => {
    place = makeWorkplace(who, executors.fork, ["mounts.Dockerfile"]);
    const plain = join(place.folder, "a b\n\\040c");
    const sub = join(place.folder, "sub");
    // Flags of a mount that a user namespace must not drop, and a mount below a mount.
    for (const [at, options] of [
      [plain, "nosuid,nodev,noexec,noatime"],
      [sub, "nosuid"],
      [join(sub, "below"), "nodev,nodiratime"],
    ] as const) {
      mountTmpfs(at, options);
      mounted.unshift(at);
    }
    writeFileSync(join(plain, "file"), "one");
    writeFileSync(join(sub, "below/file"), "two");
    const { mounts } = place.request({});
    answers = await start(place, {
      args: buildArguments("mounts.Dockerfile"),
      mounts: [
        ...mounts,
        { hostPath: plain, path: "/plain", readOnly: true },
        { hostPath: sub, path: "/sub", readOnly: true },
      ],
    }).rest();
    lines = linesOf(answers);
  });
  afterAll(() => {
    for (const at of mounted) spawnSync("umount", [at]);
    remove(place);
  });

  test("read-only mounts can be read and not written, with what is mounted below them", () => {
    expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
    expect(lines).toEqual(expect.arrayContaining(["refused /plain", "refused /sub", "refused /sub/below"]));
    expect(lines).toContain("read one two");
    expect(existsSync(join(place.folder, "sub/new"))).toBe(false);
  });

  test("the machine's name resolution is there and stays as it is", () => {
    expect(lines).toContain("refused hosts");
    expect(readFileSync(join(place.folder, "cache/resolv.conf"))).toEqual(readFileSync("/etc/resolv.conf"));
  });

  test("settings of the kernel cannot be changed", () => {
    expect(lines).toEqual(expect.arrayContaining(["refused sys", "refused proc"]));
  });

  test("capabilities are those of container engines, and the one to mount", () => {
    const found = lines.find(line => line.startsWith("CapBnd:"))?.split("\t")[1];
    const engines = 0xa80425fbn;
    const sysAdmin = 1n << 21n;
    expect(BigInt(`0x${found}`)).toBe(engines | sysAdmin);
  });

  test("there are few devices, and no process but the build's", () => {
    const devices = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero";
    expect(lines).toContain(`devices ${devices} `);
    const count = Number(lines.find(line => /^processes \d+$/.test(line))?.split(" ")[1]);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(10);
  });
});

describe.skipIf(missing !== "")(`where /proc is partly hidden, as in containers${skipNote}`, () => {
  const hideProc = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /proc/driver && exec "$@"', "hide"];

  test("an ordinary user builds with the machine's processes in sight, and is told", async () => {
    const place = makeWorkplace("labuser", executors.fork, ["two-stages.Dockerfile"]);
    const answers = await start(place, {}, hideProc).rest();
    expect(answers[0]).toMatchObject({ type: "preparing", what: expect.stringContaining("refuses a fresh /proc") });
    expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
    remove(place);
  });

  test("root is not affected", async () => {
    const place = makeWorkplace("root", executors.fork, ["two-stages.Dockerfile"]);
    const answers = await start(place, {}, hideProc).rest();
    expect(answers.filter(answer => answer.type === "preparing")).toEqual([]);
    expect(answers.at(-1)).toEqual({ type: "exit", code: 0, reason: "" });
    remove(place);
  });
});

describe.skipIf(missing !== "")(`a consumer in this process${skipNote}`, () => {
  test("that stops early ends the build", async () => {
    const place = makeWorkplace("root", executors.fork, ["waiting.Dockerfile"]);
    try {
      const seen: ExecutorOutput[] = [];
      for await (const output of createSandboxDriver().run(place.request({}), new AbortController().signal)) {
        seen.push(output);
        if (output.type === "line" && output.text === "waiting") break;
      }
      expect(seen.at(-1)).toEqual({ type: "line", text: "waiting" });
      expect(sleepersOf(place)).toEqual([]);
    } finally {
      remove(place);
    }
  });

  test("that has given up before gets nothing done", async () => {
    const place = makeWorkplace("root", executors.fork, ["waiting.Dockerfile"]);
    const run = createSandboxDriver().run(place.request({}), AbortSignal.abort());
    await expect(run.next()).rejects.toMatchObject({ code: "cancelled" });
    expect(existsSync(join(place.folder, "driver/runs"))).toBe(false);
    remove(place);
  });
});

describe.skipIf(missing !== "")(`a user without lent ids${skipNote}`, () => {
  test("is told the command that mends it", async () => {
    const place = makeWorkplace("nobody", executors.fork, ["waiting.Dockerfile"]);
    const [probe] = await start(place, { ask: "probe" }).rest();
    expect(probe).toMatchObject({
      available: false,
      detail: "/etc/subuid lends no ids to nobody",
      hint: "run as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody",
    });
    const [refusal] = await start(place).rest();
    expect(refusal).toMatchObject({
      type: "error",
      code: "sandbox-unavailable",
      hint: expect.stringContaining("usermod"),
    });
    remove(place);
  });
});
