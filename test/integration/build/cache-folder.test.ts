import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BuildDocument, buildArgs, busybox, missing, Place, sh, sha256Of, skipNote, whyNot } from "./support.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create({ Dockerfile: `FROM ${busybox}\nRUN echo one > /one\nRUN echo two > /two\n` });
});
afterEach(() => place.remove());

async function errorOf(
  ...args: string[]
): Promise<{ status: number | null; code: string; message: string; hint: string }> {
  const { status, stdout, stderr } = await place.run([...args, "--json"]);
  expect(stdout).toBe("");
  return { status, ...JSON.parse(stderr.trim().split("\n").at(-1) as string).error };
}

describe.skipIf(missing)(
  `damage in the cache folder is told, and what is whole stays readable${skipNote(missing)}`,
  () => {
    let built: BuildDocument;
    /** The layer of `RUN echo one`. */
    let layer: string;
    beforeEach(async () => {
      built = await place.build();
      layer = place.layerFiles().get(built.steps[1]?.layer?.digest as string) as string;
    });

    async function withoutIndexes(): Promise<void> {
      await rm(join(place.cache, "index"), { recursive: true });
      await mkdir(join(place.cache, "index"));
    }

    test("a byte of a layer is another one", async () => {
      const bytes = readFileSync(layer);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] as number) ^ 0x10;
      writeFileSync(layer, bytes);
      await withoutIndexes();
      const error = await errorOf("ls", "latest");
      expect(error.status).toBe(5);
      expect(["damaged", "digest-mismatch"]).toContain(error.code);
      expect(error.message).toContain(layer);
      expect(error.hint).toMatch(/(?:build or fetch|fetch or build) it again/);
      // The record needs no layer.
      expect((await place.json("steps")).steps).toHaveLength(3);
      expect(await place.text("cat", "latest", "/etc/passwd", "--step", "1")).toContain("root:");
    });

    test("a byte of the content is another one, while the index is still there", async () => {
      const bytes = readFileSync(layer);
      bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
      writeFileSync(layer, bytes);
      // The index was made from the whole layer: the content that is read is checked against it.
      const { status, stdout, stderr } = await place.run(["cat", "latest", "/one"]);
      if (status === 0) expect(stdout).toBe("one\n");
      else expect({ status, stderr }).toMatchObject({ status: 5, stderr: expect.stringContaining("error: ") });
    });

    test("a layer is cut off", async () => {
      truncateSync(layer, 60);
      await withoutIndexes();
      const { status, stdout, stderr } = await place.run(["layers", "--json"]);
      const { layers, damaged } = JSON.parse(stdout);
      expect(status).toBe(5);
      expect(layers.map((each: { isDamaged: boolean }) => each.isDamaged)).toEqual([false, true, false]);
      expect(damaged).toMatchObject([{ step: 2, error: { message: expect.stringContaining(layer) } }]);
      expect(stderr).toContain(layer);
    });

    test("a layer is gone: its build says which, and a new build brings it back", async () => {
      await rm(layer);
      await withoutIndexes();
      const digest = built.steps[1]?.layer?.digest as string;
      expect(await errorOf("ls", "latest", "/one")).toMatchObject({
        status: 5,
        code: "blob-missing",
        message: `layer 1 (step 2): the layer ${digest} is not in the cache folder`,
        hint: "build again, or import a full export of the build; the files before it are still there: --step 1",
      });
      const again = await place.build();
      expect(again.steps[1]).toMatchObject({ status: "cached", layer: { digest } });
      expect(sha256Of(layer)).toBe(digest);
      expect(await place.text("cat", built.build.id, "/one")).toBe("one\n");
    });

    test("Kaniko's layer cache is cut off: the build goes without, and mends it", async () => {
      const layouts = join(place.cache, "layer-cache");
      const blobs = sh("find", layouts, "-path", "*/blobs/*", "-type", "f").split("\n").filter(Boolean);
      expect(blobs.length).toBeGreaterThan(0);
      for (const blob of blobs) truncateSync(blob, 10);
      const statuses = (build: BuildDocument) => build.steps.slice(1).map(step => step.status);
      expect(statuses(await place.build())).toEqual(["executed", "executed"]);
      expect(statuses(await place.build())).toEqual(["cached", "cached"]);
      expect(await place.text("cat", built.build.id, "/one")).toBe("one\n");
    });

    test("a layer in Kaniko's layer cache is damaged: the build fails once, and the entry is gone", async () => {
      const entry = join(place.cache, "layer-cache", `layers:${built.steps[1]?.cache.key}`);
      const blob = (digest: string) => join(entry, "blobs", digest.replace(":", "/"));
      const index = JSON.parse(readFileSync(join(entry, "index.json"), "utf8"));
      const manifest = JSON.parse(readFileSync(blob(index.manifests[0].digest), "utf8"));
      const bytes = readFileSync(blob(manifest.layers[0].digest));
      bytes.fill(0x55, bytes.length >> 1);
      writeFileSync(blob(manifest.layers[0].digest), bytes);
      const { status, stderr } = await place.run(buildArgs());
      expect(status).toBe(4);
      expect(stderr).toContain("hint: a layer was damaged: build once more; if it fails again, use --cache off\n");
      expect(stderr).toContain("warning: the layer of step 2 was damaged in the layer cache and is removed: ");
      const again = await place.build();
      expect(again.steps[1]).toMatchObject({ status: "executed", cache: { result: "miss" } });
      expect(await place.text("cat", built.build.id, "/one")).toBe("one\n");
    });

    test("the record of a build is damaged: it is named, the others are listed", async () => {
      const second = await place.build();
      const record = join(place.cache, "builds", built.build.id, "build.json");
      for (const text of ["{", "null", "[]", `{"schemaVersion":9}`, readFileSync(record, "utf8").slice(0, 300)]) {
        writeFileSync(record, text);
        const { status, stdout, stderr } = await place.run(["builds", "--json"]);
        expect(status).toBe(0);
        expect(JSON.parse(stdout).builds).toMatchObject([{ id: second.build.id }]);
        expect(stderr).toContain(`warning: ${record} is not`);
        expect(await errorOf("steps", built.build.id)).toMatchObject({
          status: 5,
          code: "damaged",
          message: expect.stringContaining(record),
        });
        expect((await place.json("steps", "latest")).build.id).toBe(second.build.id);
      }
    });

    test("the events of a build are damaged", async () => {
      const events = join(place.cache, "builds", built.build.id, "events.ndjson");
      const whole = readFileSync(events, "utf8");
      for (const text of [
        whole.slice(0, whole.length >> 1),
        "null\n",
        "{}\n",
        "\0\0\0",
        `{"type":"output","atMs":1}\n`,
      ]) {
        writeFileSync(events, text);
        expect(await errorOf("replay", "--speed", "0")).toMatchObject({
          status: 5,
          code: "damaged",
          message: expect.stringContaining(`${events}:`),
        });
      }
      await rm(events);
      expect(await errorOf("replay", "--speed", "0")).toMatchObject({ status: 1, code: "not-found" });
      expect((await place.json("steps")).steps).toHaveLength(3);
    });

    test("an index that is damaged is made again", async () => {
      for (const name of sh("ls", join(place.cache, "index")).split("\n").filter(Boolean))
        writeFileSync(join(place.cache, "index", name), "no index at all");
      expect(await place.text("cat", "latest", "/one")).toBe("one\n");
      for (const name of sh("ls", join(place.cache, "index")).split("\n").filter(Boolean))
        truncateSync(join(place.cache, "index", name), 100);
      expect(await place.text("cat", "latest", "/one")).toBe("one\n");
    });

    test("what of another layer lies under a layer's name is not believed", async () => {
      const other = place.layerFiles().get(built.steps[2]?.layer?.digest as string) as string;
      copyFileSync(other, layer);
      await withoutIndexes();
      expect(await errorOf("ls", "latest", "/one")).toMatchObject({ status: 5, code: "digest-mismatch" });
    });
  },
);

const mounts = process.getuid?.() === 0 ? "" : "not root: nothing can be mounted";
describe.skipIf(missing || mounts)(`a cache folder that takes nothing${skipNote(missing || mounts)}`, () => {
  afterEach(() => {
    sh("sh", "-c", 'for at in "$1" "$1/view"; do umount -l "$at" 2>/dev/null; done; true', "sh", place.cache);
  });

  async function mountSmall(sizeBytes: number): Promise<void> {
    await mkdir(place.cache);
    sh("mount", "-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", place.cache);
  }

  // Full while the executor is unpacked, while it writes the image, while the last record is written.
  const full = [
    ["sandbox", 64, 3],
    ["docker", 300, 4],
    ["docker", 60, 4],
  ] as const;
  for (const [driver, sizeKb, wanted] of full) {
    const reason = whyNot(driver);
    test.skipIf(reason)(`a full disk: ${sizeKb} kB in all, ${driver}${skipNote(reason)}`, async () => {
      await mountSmall(sizeKb * 1024);
      const { status, stderr } = await place.run([...buildArgs({ driver }), "--cache", "off"]);
      expect(stderr).not.toContain("this is a bug");
      expect(stderr).toMatch(/^error: .*no space left/m);
      expect(stderr).toMatch(/^hint: free some space/m);
      expect(status).toBe(wanted);
      expect(await place.halfWritten()).toEqual([]);
      for (const [digest, file] of place.layerFiles()) expect(sha256Of(file)).toBe(digest);
      expect((await place.json("builds")).builds).toMatchObject([{ status: "failed" }]);
      // With room again everything works.
      sh("mount", "-o", "remount,size=128m", place.cache);
      await place.build({ driver });
      expect(await place.text("cat", "latest", "/one")).toBe("one\n");
    });
  }

  test("read-only: a build is refused, builds that are there can be looked at", async () => {
    const built = await place.build();
    await rm(join(place.cache, "index"), { recursive: true });
    sh("mount", "--bind", place.cache, place.cache);
    sh("mount", "-o", "remount,ro,bind", place.cache);
    const { status, stderr } = await place.run(buildArgs());
    expect(status).toBe(3);
    expect(stderr).toMatch(new RegExp(`^error: cannot write ${place.cache}`, "m"));
    expect(stderr).toContain("hint: choose a folder of your own with --cache-dir or KANIKO_LAB_CACHE\n");
    expect((await place.json("steps")).build.id).toBe(built.build.id);
    expect(await place.text("cat", "latest", "/one")).toBe("one\n");
    expect((await place.json("search", "one")).count).toBeGreaterThan(0);
    expect(await errorOf("import", place.path("context/Dockerfile"))).toMatchObject({
      status: 3,
      code: "cache-not-writable",
    });
  });
});

describe.skipIf(missing)(`a cache folder that is shared${skipNote(missing)}`, () => {
  test("two builds at once on one folder: both are whole", async () => {
    const results = await Promise.all([1, 2].map(() => place.run([...buildArgs(), "--json"])));
    for (const { status, stderr } of results) expect({ status, stderr }).toMatchObject({ status: 0 });
    const { builds } = await place.json("builds");
    expect(builds.map((build: { status: string }) => build.status)).toEqual(["succeeded", "succeeded"]);
    for (const [digest, file] of place.layerFiles()) expect(sha256Of(file)).toBe(digest);
    for (const { id } of builds) expect(await place.text("cat", id, "/one")).toBe("one\n");
    expect(await place.halfWritten()).toEqual([]);
  });

  test("a file where the folder should be", async () => {
    writeFileSync(place.cache, "in the way");
    expect(await errorOf(...buildArgs())).toMatchObject({
      status: 3,
      code: "cache-not-writable",
      message: expect.stringContaining("is in the way"),
    });
    await rm(place.cache);
    await mkdir(place.cache);
    await chmod(place.cache, 0o755);
    expect(await place.run(["builds"])).toMatchObject({ status: 1, stderr: expect.stringContaining("no builds in") });
  });
});
