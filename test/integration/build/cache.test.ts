/** Kaniko's caches as real executors fill them: listed, opened, verified, warmed. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeLayerEntry } from "../../unit/kaniko-cache/entries.ts";
import {
  anyDriver,
  type BuildDocument,
  busybox,
  executorFile,
  type Family,
  missing,
  Place,
  registry,
  skipNote,
  whyNot,
  whyNotAgain,
} from "./support.ts";

let place: Place;

beforeEach(async () => {
  place = await Place.create({
    Dockerfile: `FROM ${busybox} AS one
ARG TOKEN
COPY file /file
RUN echo made > /made && rm /file
RUN head -c 8 /dev/urandom > /random
FROM ${busybox}
COPY --from=one /made /made
`,
    file: "content\n",
  });
});

afterEach(() => place.remove());

const layerCache = () => join(place.cache, "layer-cache");

function keyOfStep({ steps }: BuildDocument, number: number): string {
  return steps.find(step => step.number === number)?.cache.key as string;
}

// biome-ignore lint/suspicious/noExplicitAny: the document of a command
async function verify(...args: string[]): Promise<{ status: number | null; stderr: string; document: any }> {
  const { status, stdout, stderr } = await place.run(["cache", "verify", ...args, "--json"]);
  return { status, stderr, document: stdout === "" ? null : JSON.parse(stdout) };
}

for (const family of ["fork", "upstream"] as Family[]) {
  const reason = whyNotAgain(anyDriver, family);

  describe.skipIf(reason !== "")(`the layer cache of ${family}${skipNote(reason)}`, () => {
    test("every entry is known to the build that made it, and to the one that used it", async () => {
      const made = await place.build({ family });
      const used = await place.build({ family });
      const [{ layerCache: entries }] = (await place.json("cache", "ls")).places;
      const byKey = new Map(entries.map((entry: { key: string }) => [entry.key, entry]));
      for (const number of [3, 4, 5, 7]) {
        expect(byKey.get(keyOfStep(made, number))).toMatchObject({
          createdBy: made.steps[number - 1]?.text,
          isExpired: false,
          uses: [
            { build: used.build.id, step: number, how: "used" },
            { build: made.build.id, step: number, how: "made" },
          ],
        });
      }
      expect(entries).toHaveLength((await readdir(layerCache())).length);
      const { entry } = await place.json("cache", "show", keyOfStep(made, 4));
      expect(entry.parts.steps.at(-1)).toMatchObject({ step: 4, text: made.steps[3]?.text });
      const { entries: nodes } = await place.json("ls", entry.target);
      expect(nodes.map((node: { path: string }) => node.path)).toEqual(["made"]);
    });

    test("a step that makes the same again is told from one that does not", async () => {
      const made = await place.build({ family });
      expect(await verify("--step", "4")).toMatchObject({ status: 0, document: { verdict: "times", alsoRan: [] } });
      expect(await verify(keyOfStep(made, 3))).toMatchObject({ status: 0, document: { alsoRan: [] } });
      const other = await verify(keyOfStep(made, 5));
      expect(other).toMatchObject({ status: 1, document: { verdict: "differs", alsoRan: [] } });
      expect(other.document.changes.map((change: { path: string }) => change.path)).toEqual(["random"]);
      expect(await verify("--step", "7")).toMatchObject({ status: 0, document: { changes: [] } });
      expect(await place.halfWritten()).toEqual([]);
      expect((await place.json("builds")).builds).toHaveLength(1);
    });
  });
}

describe.skipIf(missing !== "")(`cache verify${skipNote(missing)}`, () => {
  test("an entry with something else in it is found", async () => {
    const key = keyOfStep(await place.build(), 4);
    await rm(join(layerCache(), `layers:${key}`), { recursive: true });
    await writeLayerEntry(layerCache(), key, { members: [{ name: "made", content: "poison\n" }] });
    const { status, document } = await verify(key);
    expect([status, document.verdict, document.onlyNewRemoves]).toEqual([1, "differs", ["file"]]);
    expect(document.changes[0]).toMatchObject({ path: "made", kind: "M" });
  });

  test("a file of the context that changed is named, as the step has another key then", async () => {
    await place.build();
    await place.write({ file: "other\n" });
    const { status, document } = await verify("--step", "4");
    expect(status).toBe(1);
    expect(document).toMatchObject({ verdict: "inputs-changed", changedPaths: ["file"], changedPart: { step: 3 } });
    const { stdout } = await place.run(["cache", "verify", "--step", "4"]);
    expect(stdout).toMatch(/in the context 1 path changed:\n {4}file\n/);
  });

  test("steps before it without an entry run again, too, and are named", async () => {
    const made = await place.build();
    await rm(join(layerCache(), `layers:${keyOfStep(made, 3)}`), { recursive: true });
    expect(await verify("--step", "4")).toMatchObject({ status: 0, document: { alsoRan: [3] } });
  });

  test("a secret argument is asked for, and never shown", async () => {
    await place.text("build", "context", "--driver", anyDriver, ...executorOf(), "--build-arg", "TOKEN=hunter2-secret");
    const refused = await verify("--step", "4");
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("--build-arg TOKEN=VALUE")]);
    const given = await verify("--step", "4", "--build-arg", "TOKEN=hunter2-secret");
    expect(given).toMatchObject({ status: 0, document: { verdict: "times" } });
  });

  test("what cannot be verified is refused with the reason", async () => {
    const made = await place.build();
    const key = keyOfStep(made, 4);
    expect(await verify()).toMatchObject({ status: 2 });
    expect((await verify("--step", "1")).stderr).toContain("has no cache key");
    await cp(place.path("context"), place.path("elsewhere"), { recursive: true });
    await rm(place.path("context"), { recursive: true });
    expect(await verify(key)).toMatchObject({ status: 2, stderr: expect.stringContaining("there is no folder") });
    await cp(place.path("elsewhere"), place.path("context"), { recursive: true });
    await rm(join(layerCache(), `layers:${key}`, "blobs"), { recursive: true });
    expect(await verify(key)).toMatchObject({ status: 5, stderr: expect.stringContaining("is damaged") });
  });

  test("in a registry: listed, opened, verified", async () => {
    const repository = `${registry}/cache/t${randomBytes(4).toString("hex")}`;
    const made = await place.build({}, "--cache", repository);
    const [{ layerCache: entries }] = (await place.json("cache", "ls", `docker://${repository}`)).places;
    expect(entries.map((entry: { key: string }) => entry.key).sort()).toEqual(
      [3, 4, 5, 7].map(number => keyOfStep(made, number)).sort(),
    );
    expect(entries[0].uses).toEqual([{ build: made.build.id, step: expect.any(Number), how: "made" }]);
    const { entry } = await place.json("cache", "show", `docker://${repository}:${keyOfStep(made, 4)}`);
    expect((await place.json("ls", entry.target)).entries[0].path).toBe("made");
    expect(await verify("--step", "4")).toMatchObject({ status: 0, document: { verdict: "times", alsoRan: [] } });
    expect(existsSync(join(layerCache(), `layers:${keyOfStep(made, 4)}`))).toBe(false);
  });
});

function executorOf(): string[] {
  return ["--executor", executorFile("fork")];
}

const warmers = [
  { family: "fork", file: "warmer", format: "layout", imageName: busybox },
  { family: "upstream", file: "warmer-upstream", format: "archive", imageName: null },
] as const;
const warmerCases = warmers.flatMap(each => (["sandbox", "docker"] as const).map(driver => ({ ...each, driver })));

describe.each(warmerCases)("cache warm by the $family's warmer in $driver", ({ driver, family, file, ...expected }) => {
  const warmer = join(homedir(), ".cache/kaniko-lab-test", file);
  const whyNotHere = driver === "docker" ? whyNotAgain : whyNot;
  const reason = whyNotHere(driver, family) || (existsSync(warmer) ? "" : `no ${file} in ~/.cache/kaniko-lab-test`);
  const warm = (...args: string[]) =>
    place.run(["cache", "warm", ...args, "--warmer", warmer, "--driver", driver, "--json"]);

  test.skipIf(reason !== "")(`a build takes its base from there${skipNote(reason)}`, async () => {
    const first = await warm("--file", "context/Dockerfile");
    expect([first.status, JSON.parse(first.stdout).fetched]).toMatchObject([0, [expected]]);
    expect(JSON.parse((await warm(busybox)).stdout).fetched).toEqual([]);
    expect(JSON.parse((await warm(busybox, "--force")).stdout).fetched).toHaveLength(1);
    const kept = (await readdir(join(place.cache, "base-images"))).filter(name => !name.startsWith(".warmer"));
    expect(kept.filter(name => !name.endsWith(".json"))).toHaveLength(1);
    const { build } = await place.build({ driver, family }, "--base-cache", join(place.cache, "base-images"));
    const log = readFileSync(join(place.cache, "builds", build.id, "executor.log"), "utf8");
    expect(log).toMatch(/Found sha256:\w+ in local cache/);
    expect(log).not.toContain("Error while retrieving image from cache");
    const [, { baseImageCache }] = (await place.json("cache", "ls")).places;
    expect(baseImageCache).toMatchObject([expected]);
    expect(baseImageCache[0].uses).toEqual([
      { build: build.id, step: 1, how: "used" },
      { build: build.id, step: 6, how: "used" },
    ]);
    expect(await place.halfWritten()).toEqual([]);
  });

  const other = family === "fork" ? "upstream" : "fork";
  const noOther = reason || whyNot(driver, other);
  test.skipIf(noOther !== "")(`the other family's executor does not use it${skipNote(noOther)}`, async () => {
    await warm(busybox);
    const { build } = await place.build({ driver, family: other }, "--base-cache", join(place.cache, "base-images"));
    const log = readFileSync(join(place.cache, "builds", build.id, "executor.log"), "utf8");
    expect(log).toContain("Error while retrieving image from cache");
    const [, { baseImageCache }] = (await place.json("cache", "ls")).places;
    expect(baseImageCache[0].uses.map(({ how }: { how: string }) => how)).not.toContain("used");
  });

  test.skipIf(reason !== "")(`an image that cannot be fetched is named${skipNote(reason)}`, async () => {
    const none = await warm(`${registry}/base/nothing:1`);
    expect([none.status, none.stderr]).toEqual([4, expect.stringContaining("base/nothing:1")]);
    const one = await warm(`${registry}/base/nothing:1`, busybox);
    expect([one.status, one.stderr]).toEqual([4, expect.stringContaining("1 of 2 images could not be fetched")]);
    expect(JSON.parse(one.stdout).fetched).toHaveLength(1);
  });
});
