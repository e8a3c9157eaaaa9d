import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { removeLeftovers } from "../../../lib/store/leftovers.ts";
import { isAbandonedName, temporaryName } from "../../../lib/store/temporary-name.ts";

const gonePid = 2 ** 22 + 1;
const ofGoneProcess = () => temporaryName().replace(`-${process.pid}-`, `-${gonePid}-`);
const ofOtherHost = () => ofGoneProcess().replace(/^\.new-[0-9a-f]{8}/, ".new-00000000");

let root: string;
let cache: CacheFolder;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-names-"));
  cache = new CacheFolder(root);
  await cache.create();
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("abandoned is what a process of this host left that has ended", () => {
  expect(isAbandonedName(ofGoneProcess())).toBe(true);
  expect(isAbandonedName(temporaryName())).toBe(false);
  // On a shared folder, it may be at work right now.
  expect(isAbandonedName(ofOtherHost())).toBe(false);
  for (const name of [`.new-${gonePid}-1-0123456789ab`, ".new-x", "index", `${ofGoneProcess()}.tgz`])
    expect(isAbandonedName(name)).toBe(false);
});

test("leftovers go from every folder of the cache folder that takes temporary names, and nothing else goes", async () => {
  const folders = [cache.root, cache.builds, cache.indexes, cache.scratch];
  const kept = [temporaryName(), ofOtherHost(), "something"];
  for (const folder of folders) {
    for (const name of kept) writeFileSync(join(folder, name), "");
    writeFileSync(join(folder, ofGoneProcess()), "");
    mkdirSync(join(folder, ofGoneProcess(), "below"), { recursive: true });
  }
  await removeLeftovers(cache);
  for (const folder of folders) {
    const names = readdirSync(folder);
    expect(names.filter(isAbandonedName)).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(kept));
  }
});

test("leftovers of a cache folder that is not there are no error", async () => {
  await expect(removeLeftovers(new CacheFolder(join(root, "none")))).resolves.toBeUndefined();
});

test("no part of the library that writes to the cache folder has a temporary name of its own", () => {
  const lib = join(import.meta.dirname, "../../../lib");
  const writers = ["image", "lab", "layer", "recording", "registry", "store"].flatMap(part =>
    readdirSync(join(lib, part), { recursive: true, encoding: "utf8" }).map(file => join(lib, part, file)),
  );
  const own = writers
    .filter(file => file.endsWith(".ts") && !file.endsWith("store/temporary-name.ts"))
    .filter(file => /randomBytes|randomUUID|\.(?:new-|tmp|part)\b[^"'\n]*`/.test(readFileSync(file, "utf8")));
  expect(own).toEqual([]);
});
