import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settleAbandoned } from "../../../lib/build/settle-abandoned.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder, chooseCacheFolder } from "../../../lib/store/cache-folder.ts";
import { findBuild } from "../../../lib/store/find-build.ts";
import { ownIdentity } from "../../../lib/store/process-identity.ts";
import { isAbandonedName, temporaryName } from "../../../lib/store/temporary-name.ts";
import { record } from "../build/sample-steps.ts";

let root: string;
let cache: CacheFolder;
let store: BuildStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-store-"));
  cache = new CacheFolder(join(root, "cache"));
  await cache.create();
  store = new BuildStore(cache);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function keep(id: string, more: Parameters<typeof record>[1] = {}): Promise<void> {
  mkdirSync(cache.buildFolder(id));
  await store.write(record(id, more));
}

describe("builds by what a user calls them", () => {
  beforeEach(async () => {
    await keep("20260101-000000-aaaa", { name: "first" });
    await keep("20260101-000000-bbbb", { spec: { ...record("").spec, context: "/other" } });
    await keep("20260102-000000-cccc");
  });
  const idOf = async (word: string) => (await findBuild(store, word))?.id ?? null;

  test("latest, the one before of the same context, a name, an id, its start, its end", async () => {
    expect(await idOf("latest")).toBe("20260102-000000-cccc");
    expect(await idOf("previous")).toBe("20260101-000000-aaaa");
    expect(await idOf("first")).toBe("20260101-000000-aaaa");
    expect(await idOf("20260101-000000-bbbb")).toBe("20260101-000000-bbbb");
    expect(await idOf("20260102")).toBe("20260102-000000-cccc");
    expect(await idOf("bbbb")).toBe("20260101-000000-bbbb");
    expect(await idOf("nothing")).toBeNull();
    expect(await idOf("../builds")).toBeNull();
  });

  test("a start that fits several is not guessed", async () => {
    await expect(findBuild(store, "202601")).rejects.toMatchObject({
      code: "unknown-target",
      message: expect.stringContaining("aaaa"),
    });
  });
});

test("builds that begin within one second are told apart by their time", async () => {
  const times = Array.from({ length: 100 }, (_, n) => new Date(Date.UTC(2026, 0, 1) + n * 10));
  const created: string[] = [];
  for (const time of times) created.push(await store.create(time));
  expect(await store.ids()).toEqual(created);
  for (const id of created) expect(id).toMatch(/^20260101-000000-[a-z0-9]{4}$/);
});

describe("what a killed process left", () => {
  const gone = { pid: 2 ** 22 + 1, startTicks: "1", host: ownIdentity().host };

  test("its build is cancelled and completed from its events; a running one is left alone", async () => {
    const id = "20260101-000000-aaaa";
    await keep(id, { status: "running" });
    const folder = cache.buildFolder(id);
    writeFileSync(join(folder, "owner.json"), JSON.stringify(gone));
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "build.json.123"), "half");
    const planned = { stage: { index: 0, name: "" }, line: 1, endLine: 1 };
    const events = [
      {
        type: "started",
        atMs: 0,
        id,
        driver: "docker",
        why: "",
        steps: [
          { ...planned, number: 1, instruction: "FROM", text: "FROM a" },
          { ...planned, number: 2, instruction: "RUN", text: "RUN b" },
        ],
      },
      { type: "step-started", atMs: 5, step: 1 },
      { type: "step-finished", atMs: 9, step: 1, status: "executed" },
    ];
    writeFileSync(
      join(folder, "events.ndjson"),
      `${events.map(event => JSON.stringify(event)).join("\n")}\n{"type":"step-sta`,
    );
    const running = await store.create(new Date());
    await store.write(record(running, { status: "running" }));

    await settleAbandoned(cache);
    expect(readdirSync(folder).sort()).toEqual(["build.json", "events.ndjson"]);
    expect(JSON.parse(readFileSync(join(folder, "build.json"), "utf8"))).toMatchObject({
      status: "cancelled",
      durationMs: 9,
      steps: [{ status: "executed", durationMs: 4 }, { status: "skipped" }],
    });
    expect((await store.read(running)).status).toBe("running");
    expect(readdirSync(cache.buildFolder(running))).toContain("owner.json");
  });

  test("a folder without a record goes, temporary files of dead processes too; all others stay", async () => {
    mkdirSync(cache.buildFolder("20260101-000000-aaaa"));
    writeFileSync(join(cache.buildFolder("20260101-000000-aaaa"), "owner.json"), JSON.stringify(gone));
    const dead = temporaryName().replace(`-${process.pid}-`, `-${gone.pid}-`);
    const kept = [temporaryName(), ".new-other", "sha256:abc.tgz"];
    for (const name of [dead, ...kept]) writeFileSync(join(cache.root, name), "");
    await settleAbandoned(cache);
    expect(readdirSync(cache.builds)).toEqual([]);
    const names = readdirSync(cache.root);
    expect(names).not.toContain(dead);
    expect(names).toEqual(expect.arrayContaining(kept));
    expect(kept.some(isAbandonedName)).toBe(false);
  });

  test("a damaged build does not keep later ones, and temporary files, from being cleaned up", async () => {
    const ids = ["20260101-000000-aaaa", "20260101-000000-bbbb", "20260101-000000-cccc"] as const;
    for (const id of ids) {
      await keep(id, { status: "running" });
      writeFileSync(join(cache.buildFolder(id), "owner.json"), JSON.stringify(gone));
    }
    writeFileSync(join(cache.buildFolder(ids[0]), "build.json"), "{");
    await rm(join(cache.buildFolder(ids[1]), "build.json"));
    mkdirSync(join(cache.buildFolder(ids[1]), "build.json"));
    const dead = temporaryName().replace(`-${process.pid}-`, `-${gone.pid}-`);
    writeFileSync(join(cache.indexes, dead), "");
    await settleAbandoned(cache);
    // What could not be read is kept as it is.
    for (const id of ids.slice(0, 2))
      expect(readdirSync(cache.buildFolder(id)).sort()).toEqual(["build.json", "owner.json"]);
    expect(readdirSync(cache.buildFolder(ids[2]))).toEqual(["build.json"]);
    expect(readdirSync(cache.indexes)).toEqual([]);
  });

  test("a cache folder that is not there is no error", async () => {
    await expect(settleAbandoned(new CacheFolder(join(root, "none")))).resolves.toBeUndefined();
  });
});

test("the cache folder: option, variable, the lab's own, the user's", async () => {
  const workingFolder = join(root, "lab");
  mkdirSync(join(workingFolder, "cache"), { recursive: true });
  expect(await chooseCacheFolder({ explicit: "x", environment: "y", workingFolder })).toBe(join(workingFolder, "x"));
  expect(await chooseCacheFolder({ environment: "y", workingFolder })).toBe(join(workingFolder, "y"));
  expect(await chooseCacheFolder({ workingFolder })).not.toContain(workingFolder);
  mkdirSync(join(workingFolder, "workspace"));
  expect(await chooseCacheFolder({ workingFolder })).toBe(join(workingFolder, "cache"));
});

describe("what is there but cannot be read", () => {
  const id = "20260101-000000-aaaa";
  const folder = () => cache.buildFolder(id);

  test("a record: another answer than for a build that is not there, and nothing is deleted", async () => {
    mkdirSync(join(folder(), "build.json"), { recursive: true });
    writeFileSync(
      join(folder(), "owner.json"),
      JSON.stringify({ pid: 2 ** 22 + 1, startTicks: "1", host: hostname() }),
    );
    await expect(store.read(id)).rejects.toMatchObject({
      code: "cache-unreadable",
      message: expect.stringContaining(folder()),
    });
    expect(await store.list()).toMatchObject({ builds: [], damaged: [expect.stringContaining(id)] });
    await settleAbandoned(cache);
    expect(readdirSync(folder()).sort()).toEqual(["build.json", "owner.json"]);
    await expect(store.read("20260101-000000-bbbb")).rejects.toMatchObject({ code: "unknown-target" });
  });

  test("an owner: the build counts as running", async () => {
    await keep(id, { status: "running" });
    mkdirSync(join(folder(), "owner.json"));
    expect((await store.read(id)).status).toBe("running");
    expect(await store.abandoned()).toEqual([]);
  });

  test("the folder of all builds", async () => {
    await rm(cache.builds, { recursive: true });
    writeFileSync(cache.builds, "");
    await expect(store.list()).rejects.toMatchObject({ code: "cache-unreadable" });
  });
});

describe("records that are none", () => {
  const id = "20260101-000000-aaaa";
  const good = record(id);
  const step = { ...good, steps: [{ number: 1 }] };
  for (const [what, document] of Object.entries({
    null: null,
    "a list": [],
    "a newer version": { ...good, schemaVersion: 2 },
    "another id": { ...good, id: "20260101-000000-bbbb" },
    "an id that leads out": { ...good, id: "../../etc" },
    "steps without anything": step,
    "a status": { ...good, status: "\x1b[2J" },
    "no spec": { ...good, spec: null },
    "a date": { ...good, startedAt: "yesterday" },
    "a layer": { ...good, layers: [{ digest: "../../etc/passwd", diffId: null, sizeBytes: 1, mediaType: "" }] },
  })) {
    test(what, async () => {
      mkdirSync(cache.buildFolder(id));
      writeFileSync(join(cache.buildFolder(id), "build.json"), JSON.stringify(document));
      await expect(store.read(id)).rejects.toMatchObject({
        code: "damaged",
        hint: expect.stringContaining("remove the folder"),
      });
      expect(await store.list()).toMatchObject({ builds: [], damaged: [expect.stringContaining(id)] });
    });
  }

  test("a stage that starts from itself, from a later one", async () => {
    const { step: makeStep } = await import("../build/sample-steps.ts");
    await keep(id, { steps: [makeStep(1, "FROM x", { baseStage: 0 })] });
    await expect(store.read(id)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining("not before its own"),
    });
  });
});
