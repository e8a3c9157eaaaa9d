import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLab } from "../../../lib/lab/open-lab.ts";
import type { Step } from "../../../lib/model/build.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { dir, file, hardlink, symlink, tar } from "../layer/make-tar.ts";

// Questions that read only parts of an index file: what they tell when it is whole, and when it is damaged anywhere.

let root: string;
let layer: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-lab-"));
  layer = join(root, "layer.tar");
  writeFileSync(
    layer,
    tar(
      dir("usr/"),
      dir("usr/bin/"),
      symlink("bin", "usr/bin"),
      symlink("usr/bin/sh", "./bash"),
      file("usr/bin/bash", "a shell"),
      hardlink("usr/bin/rbash", "usr/bin/bash"),
      ...Array.from({ length: 16 }, (_, at) => file(`usr/share/doc-${(at * 7) % 16}`, `${at}`, { mtime: at })),
    ),
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** The answers of a program that has just started. */
async function answers(ask: "ls" | "cat" | "search") {
  const lab = openLab({ cache: new CacheFolder(join(root, "cache")) });
  const target = await lab.openTarget(layer);
  const last = target.steps.at(-1) as Step;
  if (ask === "search") {
    const found = await all(lab.search(target, { text: "DOC-1", mode: "substring", ignoreCase: true }));
    return found.map(({ path, kind, type, sizeBytes }) => `${path} ${kind} ${type} ${sizeBytes}`);
  }
  if (ask === "cat") return String(Buffer.concat(await all(lab.readFile(target, last, "bin/sh"))));
  const snapshot = await lab.snapshotOf(target, last, "usr/bin");
  return snapshot
    .children("usr/bin")
    .map(({ path, type, sizeBytes, entry }) => `${path} ${type} ${sizeBytes} ${entry}`);
}

function indexFiles(): string[] {
  const folder = join(root, "cache/index");
  return readdirSync(folder).map(name => join(folder, name));
}

test("parts of an index tell what is in the layer, through links, too", async () => {
  for (const _ of ["made now", "read from its file"]) {
    expect(await answers("ls")).toEqual([
      "usr/bin/bash file 7 4",
      "usr/bin/rbash hardlink 7 5",
      "usr/bin/sh symlink 0 3",
    ]);
    expect(await answers("cat")).toBe("a shell");
    const found = await answers("search");
    expect(found).toHaveLength(7);
    expect(found[0]).toBe("usr/share/doc-14 A file 1");
  }
});

test("an index that is damaged anywhere is made again, or the damage is not in the way", async () => {
  const good = { ls: await answers("ls"), cat: await answers("cat"), search: await answers("search") };
  const [first] = indexFiles();
  const whole = readFileSync(first as string);
  for (let at = 0; at < whole.length; at += 61) {
    const bad = Buffer.from(whole);
    bad[at]! ^= 0x10;
    for (const ask of ["ls", "cat", "search"] as const) {
      for (const each of indexFiles()) writeFileSync(each, bad);
      expect(await answers(ask), `${ask}, byte ${at}`).toEqual(good[ask]);
    }
  }
  for (const length of [0, 100, 200, whole.length >> 1, whole.length - 1]) {
    for (const ask of ["ls", "cat", "search"] as const) {
      for (const each of indexFiles()) writeFileSync(each, whole.subarray(0, length));
      expect(await answers(ask), `${ask}, cut at ${length}`).toEqual(good[ask]);
    }
  }
});
