import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { connectEngine } from "../../../lib/executor/docker/connect-engine.ts";
import { callEngine } from "../../../lib/executor/docker/engine-call.ts";
import { familyOf, parseVersion } from "../../../lib/executor/docker/executor-family.ts";
import { isOrphan, ownerLabels } from "../../../lib/executor/docker/owner-labels.ts";
import { readProgress } from "../../../lib/executor/docker/progress-stream.ts";
import { pullError } from "../../../lib/executor/docker/pull-error.ts";
import { PullProgress } from "../../../lib/executor/docker/pull-progress.ts";
import { whilePreparing } from "../../../lib/executor/preparing.ts";

describe("the engine's progress", () => {
  test("adds up over layers", () => {
    const progress = new PullProgress();
    const at = (id: string, current: number, total: number) =>
      progress.add({ id, status: "Downloading", progressDetail: { current, total } });
    expect(progress.add({ id: "a", status: "Pulling fs layer" })).toBeNull();
    expect(at("a", 10, 100)).toEqual({ doneBytes: 10, totalBytes: 100 });
    expect(at("b", 50, 200)).toEqual({ doneBytes: 60, totalBytes: 300 });
    expect(progress.add({ id: "a", status: "Download complete" })).toEqual({ doneBytes: 150, totalBytes: 300 });
    expect(
      progress.add({ id: "c", status: "Downloading", progressDetail: { current: Number.NaN, total: -1 } }),
    ).toBeNull();
  });

  test("messages may be cut anywhere; other things are refused", async () => {
    const read = async (...chunks: string[]) => {
      const stream = new PassThrough();
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
      const found = [];
      for await (const message of readProgress(stream)) found.push(message);
      return found;
    };
    expect(await read('{"status":"a"}\r\n{"sta', 'tus":"b"}\n', '{"error":"c"}')).toEqual([
      { status: "a" },
      { status: "b" },
      { error: "c" },
    ]);
    await expect(read("<html>")).rejects.toMatchObject({ code: "damaged" });
    await expect(read("x".repeat((1 << 20) + 1))).rejects.toMatchObject({ code: "damaged" });
  });

  test.for([
    [
      "pull access denied for x, repository does not exist or may require 'docker login'",
      "registry-denied",
      "docker login x",
    ],
    ["unauthorized: authentication required", "registry-denied", "docker login x"],
    ["manifest for x:1 not found: manifest unknown: manifest unknown", "image-not-found", "name and tag"],
    ["dial tcp: lookup nowhere on 1.1.1.1:53: no such host", "registry-unreachable", "machine must reach x"],
    [
      "Get https://x/v2/: http: server gave HTTP response to HTTPS client",
      "registry-unreachable",
      "insecure-registries",
    ],
  ] as const)("%s is %s", ([message, code, hint]) => {
    const failure = { reference: "x:1", registry: "x", message, places: "nowhere", credentialFrom: null };
    expect(pullError(failure)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });
});

describe("preparing", () => {
  test("reports come while the task runs, its result at the end", async () => {
    const preparing = whilePreparing(new AbortController(), async report => {
      report("one");
      await null;
      report("two", 1, 2);
      return 7;
    });
    const seen = [];
    let step = await preparing.next();
    for (; !step.done; step = await preparing.next()) seen.push(step.value);
    expect(seen.at(-1)).toEqual({ type: "preparing", what: "two", doneBytes: 1, totalBytes: 2 });
    expect(step.value).toBe(7);
  });

  test("leaving early aborts the task and waits for its clean-up", async () => {
    const ending = new AbortController();
    let cleanedUp = false;
    const preparing = whilePreparing(ending, async report => {
      report("one");
      await new Promise(resolve => ending.signal.addEventListener("abort", resolve));
      await null;
      cleanedUp = true;
    });
    await preparing.next();
    await preparing.return(undefined);
    expect(cleanedUp).toBe(true);
  });
});

describe("an engine that hangs", () => {
  test("is told from one that is not there", async () => {
    const server = createServer(() => {});
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const hanging = callEngine({ what: "do it", deadlineMs: 50 }, signal =>
      fetch(`http://127.0.0.1:${port}`, { signal }),
    );
    await expect(hanging).rejects.toMatchObject({ code: "engine-lost", message: expect.stringContaining("do it") });
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    await expect(connectEngine({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: "engine-unavailable",
      message: expect.stringContaining("nobody listens"),
    });
  });

  test("a call that never ends is ended by the signal", async () => {
    const abort = new AbortController();
    const call = callEngine({ what: "wait", deadlineMs: null, signal: abort.signal }, () => new Promise(() => {}));
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });
});

describe("who an executor is", () => {
  const forkHelp =
    "  login       Log into a container registry\n      --oci-layout-path string\n      --dryrun   Whether";
  const upstreamHelp = "  version     Print\n      --oci-layout-path string";

  test("by its own words first, then by its version, last by its name", () => {
    expect(parseVersion("Kaniko version :  v1.28.3\n")).toBe("v1.28.3");
    expect(parseVersion("bash: not found")).toBe("");
    expect(familyOf("v1.24.0", forkHelp, "x")).toBe("fork");
    expect(familyOf("v1.25.0", upstreamHelp, "x")).toBe("fork");
    expect(familyOf("v1.24.0", upstreamHelp, "ghcr.io/osscontainertools/kaniko")).toBe("upstream");
    expect(familyOf("", upstreamHelp, "x")).toBe("upstream");
    expect(familyOf("", "", "gcr.io/kaniko-project/executor:debug")).toBe("upstream");
    expect(familyOf("", "", "ghcr.io/osscontainertools/kaniko:latest")).toBe("fork");
    expect(familyOf("", "", "busybox")).toBe("unknown");
  });
});

describe("leftovers", () => {
  test("only what surely nobody uses counts as one", () => {
    const mine = ownerLabels();
    const owner = JSON.parse(mine["kaniko-lab.owner"] as string) as Record<string, unknown>;
    const changed = (change: Record<string, unknown>) => ({
      ...mine,
      "kaniko-lab.owner": JSON.stringify({ ...owner, ...change }),
    });
    expect(isOrphan(mine)).toBe(false);
    expect(isOrphan(changed({ pid: 2 ** 22 + 1 }))).toBe(true);
    // The same process id, given to another process since.
    expect(isOrphan(changed({ startTicks: "1" }))).toBe(true);
    expect(isOrphan(changed({ pid: 2 ** 22 + 1, host: "elsewhere" }))).toBe(false);
    expect(isOrphan(changed({ pid: 2 ** 22 + 1, pidNamespace: "pid:[1]" }))).toBe(false);
    expect(isOrphan({ "kaniko-lab": "1", "kaniko-lab.owner": "not json" })).toBe(false);
    expect(isOrphan({})).toBe(false);
  });
});
