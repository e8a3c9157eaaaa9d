import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command } from "../../../cli/commands/cache.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { record, step } from "../build/sample-steps.ts";
import { Place } from "../cli/program.ts";
import { keyOf, writeBaseLayout, writeLayerEntry } from "./entries.ts";

let place: Place;
let cache: CacheFolder;

beforeEach(async () => {
  place = await Place.create();
  cache = new CacheFolder(place.cache);
  await cache.create();
  await mkdir(cache.baseImages);
});

afterEach(() => place.remove());

async function keepBuild(key: string, result: "hit" | "miss", flags: string[] = []): Promise<string> {
  const store = new BuildStore(cache);
  const id = await store.create(new Date());
  const cached = step(2, "RUN make", {
    status: result === "hit" ? "cached" : "executed",
    cache: { key, result, parts: ["RUN make"] },
  });
  const first = step(1, "FROM base", { cache: { key: null, result: "skipped", parts: ["sha256:base"] } });
  const sample = record(id, { steps: [first, cached] });
  await store.write({ ...sample, spec: { ...sample.spec, flags } });
  await store.release(id);
  return id;
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

describe("cache ls", () => {
  test("names both caches apart, with age, expiry and builds", async () => {
    await writeLayerEntry(cache.layerCache, keyOf("a"), { createdBy: "RUN make", created: hoursAgo(3) });
    await writeLayerEntry(cache.layerCache, keyOf("b"), { createdBy: "RUN old\u001b[2J", created: hoursAgo(400) });
    await writeBaseLayout(cache.baseImages, "host/base:1");
    await keepBuild(keyOf("a"), "miss");
    const { stdout } = await place.run(["cache", "ls"]);
    expect(stdout).toContain("layer cache ");
    expect(stdout).toContain("base image cache ");
    expect(stdout).toMatch(new RegExp(`^${keyOf("a").slice(0, 12)} .* 3 h +in 13 d +1 +RUN make$`, "m"));
    expect(stdout).toMatch(new RegExp(`^${keyOf("b").slice(0, 12)} .* 16 d +expired +none +RUN old`, "m"));
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/folder +host\/base:1$/m);
  });

  test("the time to live is that of the build that knows the entry", async () => {
    await writeLayerEntry(cache.layerCache, keyOf("a"), { created: hoursAgo(3) });
    const made = await keepBuild(keyOf("a"), "miss", ["--cache-ttl=2h"]);
    const [{ layerCache }] = (await place.json("cache", "ls")).places;
    expect(layerCache[0]).toMatchObject({
      key: keyOf("a"),
      isExpired: true,
      ttlMs: 2 * 3_600_000,
      uses: [{ build: made, step: 2, how: "made" }],
    });
  });

  test("nothing there is a negative answer", async () => {
    const { status, stderr } = await place.run(["cache", "ls"]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("no entries in")]);
  });

  test("a place that is none is refused", async () => {
    expect(await place.run(["cache", "ls", "oci:nowhere"])).toMatchObject({ status: 2 });
  });
});

describe("cache show", () => {
  test("tells of an entry by the start of its key, with the parts of the key and how to open it", async () => {
    const folder = await writeLayerEntry(cache.layerCache, keyOf("a"), { createdBy: "RUN make" });
    const id = await keepBuild(keyOf("a"), "hit");
    const { stdout } = await place.run(["cache", "show", keyOf("a").slice(0, 8)]);
    expect(stdout).toContain(`used by   step 2 of ${id}`);
    expect(stdout).toMatch(/^ {3}1 {2}sha256:base$/m);
    expect(stdout).toMatch(/^ {3}2 {2}RUN make$/m);
    expect(stdout).toContain(`  oci:${folder}\n`);
    const listed = await place.json("ls", `oci:${folder}`);
    expect(listed.entries.map((entry: { path: string }) => entry.path)).toEqual([keyOf("a")]);
  });

  test("of a key without an entry it says which build had it", async () => {
    const id = await keepBuild(keyOf("a"), "miss");
    const { status, stderr } = await place.run(["cache", "show", keyOf("a")]);
    expect(status).toBe(1);
    expect(stderr).toContain(`it was the key of step 2 of build ${id}`);
  });

  test("a start that fits several is refused", async () => {
    const keys = Array.from({ length: 5 }, (_, at) => `abcd${keyOf(String(at)).slice(4)}`);
    for (const key of keys) await writeLayerEntry(cache.layerCache, key);
    expect(await place.run(["cache", "show", "abcd"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("5 entries begin with abcd"),
    });
  });
});

test("commands behind cache have their own help, and refuse what they do not know", async () => {
  for (const { usage, describe } of command.commands ?? []) {
    const name = usage.split(" ")[0] as string;
    const { stdout } = await place.run(["cache", name, "--help"]);
    expect(stdout).toContain(`kaniko-lab cache ${usage}\n`);
    expect(stdout).toContain(describe);
    expect(stdout).toMatch(new RegExp(`\nExamples:\n  # .+\n  kaniko-lab cache ${name}\\b`));
    expect(stdout.split("\n").filter(line => line.length > 80)).toEqual([]);
  }
  expect((await place.run(["cache", "show"])).stderr).toContain("cache show needs <entry>");
  expect((await place.run(["cache", "lss"])).stderr).toContain("did you mean ls?");
  expect((await place.run(["cache", "ls", "--jsn"])).stderr).toContain("cache ls has no option --jsn");
});
