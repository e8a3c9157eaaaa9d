import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import { importBuilds } from "../../../lib/recording/import-builds.ts";
import { replayBuild } from "../../../lib/recording/replay-build.ts";
import { BuildStore } from "../../../lib/store/build-store.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { type TarEntry, writeTarGz } from "../cli/program.ts";

/** A thin recording of two real builds. */
const sample = join(import.meta.dirname, "../../../workspace/greeter.klab");

let root: string;
let cache: CacheFolder;
let file: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-recording-"));
  cache = new CacheFolder(join(root, "cache"));
  file = join(root, "it.klab");
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function refused(): Promise<LabError> {
  const error = await importBuilds(cache, file).then(
    ids => ids,
    thrown => thrown,
  );
  expect(error).toBeInstanceOf(LabError);
  expectNothingLeft();
  return error as LabError;
}

/** No build, no half-written file, nothing beside the cache folder. */
function expectNothingLeft(): void {
  expect(readdirSync(cache.builds)).toEqual([]);
  expect(readdirSync(cache.scratch)).toEqual([]);
  expect(readdirSync(cache.root).filter(name => name.startsWith(".new"))).toEqual([]);
  expect(readdirSync(root).sort()).toEqual(["cache", "it.klab"]);
}

async function entriesOf(recording: string): Promise<TarEntry[]> {
  const { extract } = await import("tar-stream");
  const entries: TarEntry[] = [];
  const reader = extract();
  reader.end(gunzipSync(readFileSync(recording)));
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ name: entry.header.name, content: Buffer.concat(chunks) });
  }
  return entries;
}

test("the recording that comes with the program is whole, event by event", async () => {
  const ids = await importBuilds(cache, sample);
  expect(ids).toHaveLength(2);
  const store = new BuildStore(cache);
  expect((await store.list()).builds.map(build => build.status)).toEqual(["succeeded", "succeeded"]);
  for (const id of ids) {
    const types: string[] = [];
    for await (const event of replayBuild(cache, id, { speed: Number.POSITIVE_INFINITY })) types.push(event.type);
    expect(types[0]).toBe("started");
    expect(types.at(-1)).toBe("finished");
  }
  // Once more: nothing changes.
  expect(await importBuilds(cache, sample)).toEqual(ids);
});

describe("what is no recording", () => {
  test("no file, a folder, garbage, an empty file, an empty archive", async () => {
    expect(await importBuilds(cache, file).catch(error => error)).toMatchObject({
      code: "unknown-target",
      message: `there is no file ${file}`,
    });
    expect(await importBuilds(cache, root).catch(error => error)).toMatchObject({ code: "damaged" });
    for (const bytes of [
      Buffer.from("garbage"),
      Buffer.alloc(0),
      gzipSync("garbage".repeat(1000)),
      Buffer.alloc(4096),
    ]) {
      writeFileSync(file, bytes);
      expect(await refused()).toMatchObject({ code: "damaged", hint: expect.stringContaining("kaniko-lab export") });
    }
    await writeTarGz(file, []);
    expect(await refused()).toMatchObject({ code: "damaged" });
    await writeTarGz(file, [{ name: "some/other.txt", content: "x" }]);
    expect(await refused()).toMatchObject({ code: "damaged", message: `${file} holds no build` });
  });

  test("a recording that is cut off, anywhere", async () => {
    const whole = readFileSync(sample);
    for (const part of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * part)));
      expect(await refused()).toMatchObject({ code: "damaged", message: expect.stringContaining(file) });
    }
  });
});

describe("what a recording could try", () => {
  test("names that lead out write nothing outside", async () => {
    const id = "20260101-000000-abcd";
    const evil = [
      "../escaped",
      `builds/${id}/../../../escaped`,
      `builds/../../escaped`,
      join(root, "escaped"),
      `builds/${id}/owner.json`,
      `layers/../../sha256:${"0".repeat(64)}.tgz`,
      `listings/../${"0".repeat(64)}.ndjson`,
    ];
    await writeTarGz(file, [
      ...evil.map(name => ({ name, content: "escaped" })),
      { name: `builds/${id}`, type: "symlink", linkname: root } as const,
      { name: `builds/${id}/Dockerfile`, type: "symlink", linkname: join(root, "escaped") } as const,
    ]);
    await refused();
    expect(existsSync(join(root, "escaped"))).toBe(false);
  });

  test("a layer under the name of another", async () => {
    const [good, wrong] = [gzipSync("good"), gzipSync("wrong")];
    const digest = createHash("sha256").update(good).digest("hex");
    await writeTarGz(file, [{ name: `layers/sha256:${digest}.tgz`, content: wrong }, ...(await entriesOf(sample))]);
    expect(await refused()).toMatchObject({ code: "digest-mismatch" });
    expect(readdirSync(cache.root).filter(name => name.startsWith("sha256:"))).toEqual([]);
  });

  test("a listing of another layer, of nothing, of lines that are none", async () => {
    const entries = await entriesOf(sample);
    const listing = entries.find(entry => entry.name.startsWith("listings/")) as TarEntry;
    const text = String(listing.content);
    const other = `listings/${"a".repeat(64)}.ndjson`;
    for (const change of [
      { ...listing, name: other },
      { ...listing, content: "" },
      { ...listing, content: "{}\n" },
      { ...listing, content: text.replace('"mode":', '"mode":-') },
      { ...listing, content: `${text}not JSON\n` },
      {
        ...listing,
        content: text.replace(
          /\n.*$/s,
          `\n${JSON.stringify({ path: "x", type: "file", mode: 0, uid: 0, gid: 0, time: "1e99" })}\n`,
        ),
      },
    ]) {
      await writeTarGz(
        file,
        entries.map(entry => (entry === listing ? change : entry)),
      );
      expect(await refused()).toMatchObject({ code: "damaged", message: expect.stringContaining("listings/") });
    }
  });

  test("a record that is none, or another build's", async () => {
    const entries = await entriesOf(sample);
    const record = entries.find(entry => entry.name.endsWith("build.json")) as TarEntry;
    const good = JSON.parse(String(record.content));
    for (const document of [
      null,
      [],
      {},
      { ...good, id: "../../x" },
      { ...good, id: "20260101-000000-abcd" },
      { ...good, steps: [{}] },
    ]) {
      const content = JSON.stringify(document);
      await writeTarGz(
        file,
        entries.map(entry => (entry === record ? { ...record, content } : entry)),
      );
      expect(await refused()).toMatchObject({ code: "damaged" });
    }
  });

  test("one bad build among good ones: none is taken", async () => {
    const entries = await entriesOf(sample);
    const last = entries.findLast(entry => entry.name.endsWith("build.json")) as TarEntry;
    await writeTarGz(
      file,
      entries.map(entry => (entry === last ? { ...last, content: "{" } : entry)),
    );
    expect(await refused()).toMatchObject({ code: "damaged" });
  });

  test("a bomb: a megabyte that becomes a gigabyte is stopped", async () => {
    const id = "20260101-000000-abcd";
    await writeTarGz(file, [{ name: `builds/${id}/executor.log`, content: Buffer.alloc(600 << 20) }]);
    expect(await refused()).toMatchObject({ code: "too-large", message: expect.stringContaining("executor.log") });
  });

  test("a listing of a single endless line", async () => {
    await writeTarGz(file, [{ name: `listings/${"a".repeat(64)}.ndjson`, content: Buffer.alloc(64 << 20, "x") }]);
    expect(["damaged", "too-large"]).toContain((await refused()).code);
  });

  test("events that are none are told when they are played", async () => {
    const entries = await entriesOf(sample);
    const changed = entries.map(entry =>
      entry.name.endsWith("events.ndjson") ? { ...entry, content: `{"type":"output","atMs":1}\n` } : entry,
    );
    await writeTarGz(file, changed);
    const [id] = await importBuilds(cache, file);
    const play = replayBuild(cache, id as string, { speed: 1 }).next();
    await expect(play).rejects.toMatchObject({ code: "damaged", message: expect.stringContaining("events.ndjson:1") });
  });
});
