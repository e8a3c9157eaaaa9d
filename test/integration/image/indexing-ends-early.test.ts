import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openIndexFile } from "../../../lib/layer/index-file.ts";
import { writeEmptyFiles } from "../../unit/cli/program.ts";
import { ended, Place } from "../build/support.ts";
import { notRoot, unless } from "./needs.ts";

/** What stays behind when indexing is stopped from outside: nothing that is taken for an index, and the next run works. */

let place: Place;
beforeEach(async () => {
  place = await Place.create();
});
afterEach(() => place.remove());

const count = 40_000;
const isFinal = (name: string) => /^[0-9a-f]{64}$/.test(name);

/** Every file under a final name is a whole index. */
async function expectWholeIndexes(): Promise<void> {
  const folder = join(place.cache, "index");
  for (const name of readdirSync(folder).filter(isFinal))
    expect(await openIndexFile(join(folder, name)), name).not.toBeNull();
}

async function expectWorking(): Promise<void> {
  const { entries } = await place.json("ls", place.path("layer.tgz"), "/");
  expect(entries).toHaveLength(count);
}

describe("killed while indexing", () => {
  beforeEach(async () => {
    await writeEmptyFiles(place.path("layer.tgz"), count, at => `file-${at}`);
    mkdirSync(join(place.cache, "index"), { recursive: true });
  });

  test("before the index is written", async () => {
    const child = place.start(["ls", place.path("layer.tgz"), "/"]);
    const status = ended(child);
    child.once("spawn", () => child.kill("SIGKILL"));
    expect((await status).status).toBeNull();
    await expectWholeIndexes();
    await expectWorking();
  });

  test("as soon as the first byte of the index is there, and at the next writes", async () => {
    for (const writes of [1, 2, 3]) {
      // Where the kill came too late the index is there, and would not be written again.
      for (const name of readdirSync(join(place.cache, "index"))) rmSync(join(place.cache, "index", name));
      const watcher = watch(join(place.cache, "index"));
      const child = place.start(["ls", place.path("layer.tgz"), "/"]);
      const end = ended(child);
      let seen = 0;
      watcher.on("change", (_event, name) => {
        if (!isFinal(String(name))) seen += 1;
        if (seen === writes) child.kill("SIGKILL");
      });
      await end;
      watcher.close();
      expect(seen).toBeGreaterThan(0);
      await expectWholeIndexes();
    }
    await expectWorking();
    expect(readdirSync(join(place.cache, "index")).filter(name => !isFinal(name))).toEqual([]);
  });
});

const root = unless(notRoot);
describe.skipIf(root.skip)(`on a full disk${root.why}`, () => {
  beforeEach(() => {
    mkdirSync(place.cache);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place.cache]);
  });
  afterEach(() => void execFileSync("umount", [place.cache]));

  test("an index that has no room: the layer is read all the same, each time, and no part of it stays", async () => {
    await writeEmptyFiles(place.path("layer.tgz"), count, at => `file-${at}`);
    await expectWorking();
    await expectWorking();
    expect(readdirSync(join(place.cache, "index"))).toEqual([]);
  });
});
