import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configOf, makeTar } from "../../unit/image/samples.ts";
import { putImage, startRegistry, type TestRegistry } from "../../unit/registry/test-registry.ts";
import { ended, Place } from "../build/support.ts";
import { notRoot, unless } from "./needs.ts";

/**
 * What is written besides indexes when an image is looked at: a compressed archive unpacked, layers fetched, marks for
 * reading from the middle of a layer. Killed or out of room while it is written: nothing half-done is ever taken for
 * whole, and the next run works and cleans up.
 */

let place: Place;
let registry: TestRegistry;
let tar: Buffer;
beforeEach(async () => {
  place = await Place.create();
  registry = await startRegistry();
  // More than the reader goes through without marks, and more than one piece of anything.
  tar = await makeTar([
    { name: "first", content: randomBytes(40 << 20) },
    { name: "last", content: "the last file" },
  ]);
});
afterEach(async () => {
  await registry.close();
  await place.remove();
});

/** Where the copy is made, and the command that makes it. */
const copies: Readonly<Record<string, () => Promise<{ readonly folder: string; readonly args: readonly string[] }>>> = {
  "a compressed archive": async () => {
    const archive = await makeTar([
      { name: "manifest.json", content: JSON.stringify([{ Config: "config.json", Layers: ["layer.tar"] }]) },
      { name: "config.json", content: configOf([{ tar, gzip: tar }]) },
      { name: "layer.tar", content: tar },
    ]);
    writeFileSync(place.path("image.tar.gz"), gzipSync(archive, { level: 1 }));
    return { folder: "scratch", args: ["cat", place.path("image.tar.gz"), "/last"] };
  },
  "a registry's layer": async () => {
    putImage(registry, "app", "1", [tar]);
    return { folder: "", args: ["cat", `docker://${registry.host}/app:1`, "/last"] };
  },
  "marks within a layer": async () => {
    writeFileSync(place.path("layer.tgz"), gzipSync(tar, { level: 1 }));
    return { folder: "seek", args: ["cat", place.path("layer.tgz"), "/last"] };
  },
};

async function expectWorking(args: readonly string[]): Promise<void> {
  for (const _ of ["made", "taken as it is"])
    expect(await place.run(args)).toMatchObject({ status: 0, stdout: "the last file" });
  expect(await place.halfWritten()).toEqual([]);
}

describe.each(Object.entries(copies))("%s", (_name, copy) => {
  test("killed at its first writes", async () => {
    const { folder, args } = await copy();
    for (const writes of [1, 2, 5]) {
      // Where the kill came too late the copy is there, and would not be made again.
      rmSync(place.cache, { recursive: true, force: true });
      mkdirSync(join(place.cache, folder), { recursive: true });
      const watcher = watch(join(place.cache, folder));
      const child = place.start(args);
      const end = ended(child);
      let seen = 0;
      watcher.on("change", (_event, name) => {
        if (String(name).startsWith(".new-")) seen += 1;
        if (seen === writes) child.kill("SIGKILL");
      });
      await end;
      watcher.close();
      expect(seen).toBeGreaterThan(0);
    }
    await expectWorking(args);
  });
});

const root = unless(notRoot);
describe.skipIf(root.skip)(`on a full disk${root.why}`, () => {
  beforeEach(() => {
    mkdirSync(place.cache);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place.cache]);
  });
  afterEach(() => void execFileSync("umount", [place.cache]));

  test.each(["a compressed archive", "a registry's layer"])(
    "%s: said, nothing stays, and with room it works",
    async name => {
      const { args } = await copies[name]!();
      const { status, stdout, stderr } = await place.run(args);
      expect({ status, stdout }, stderr).toEqual({ status: 3, stdout: "" });
      expect(stderr).toMatch(/^error: .*(?:no space|full|fit)/);
      expect(await place.halfWritten()).toEqual([]);
      execFileSync("mount", ["-o", "remount,size=900m", place.cache]);
      await expectWorking(args);
    },
  );

  test("marks within a layer: the file is read all the same", async () => {
    const { args } = await copies["marks within a layer"]!();
    await expectWorking(args);
    expect(readFileSync(place.path("layer.tgz")).length).toBeGreaterThan(40 << 20);
  });
});
