import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Unknown } from "../../../lib/cache-key/context-reader.ts";
import { sameOwners } from "../../../lib/cache-key/owner-mapping.ts";
import { DiskContext } from "../../../lib/prediction/disk-context.ts";
import { EditedContext } from "../../../lib/prediction/edited-context.ts";

let top: string;
let context: DiskContext;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "kaniko-lab-context-"));
  const folder = join(top, "context");
  await mkdir(join(folder, "a", "b"), { recursive: true });
  await writeFile(join(top, "outside"), "secret");
  await writeFile(join(folder, "a", "b", "file"), "content");
  await writeFile(Buffer.concat([Buffer.from(folder), Buffer.from("/bytes-\xff", "latin1")]), "odd");
  await symlink("a/b", join(folder, "inside"));
  await symlink("..", join(folder, "up"));
  await symlink("/etc", join(folder, "absolute"));
  await symlink("loop", join(folder, "loop"));
  context = new DiskContext({ folder, owners: sameOwners, signal: new AbortController().signal });
});

afterAll(() => rm(top, { recursive: true, force: true }));

test("links on the way are followed in the context, the last one is not", async () => {
  expect(await context.stat("inside")).toMatchObject({ type: "symlink", linkTarget: "a/b" });
  expect(await context.stat("inside/file")).toMatchObject({ type: "file" });
  expect(await context.hash("inside/file", "x")).toBe(createHash("md5").update("xcontent").digest("hex"));
  expect(await context.names("inside/../a")).toEqual([]);
});

test("what lies outside is not read, and not known", async () => {
  for (const path of ["up/outside", "absolute/hosts", "../outside"]) {
    expect(await context.stat(path)).toBeInstanceOf(Unknown);
    expect(await context.hash(path, "")).toBeInstanceOf(Unknown);
  }
});

test("what is not there is null, a loop of links too", async () => {
  expect(await context.stat("none")).toBeNull();
  expect(await context.stat("a/b/file/below")).toBeNull();
  expect(await context.stat("loop/x")).toBeNull();
});

test("names are sorted by their bytes and keep those that are no UTF-8", async () => {
  expect(await context.names("")).toEqual(["a", "absolute", "bytes-\udcff", "inside", "loop", "up"]);
  expect(await context.stat("bytes-\udcff")).toMatchObject({ type: "file" });
});

test("an edited file has another hash, its neighbours keep theirs", async () => {
  const edited = new EditedContext(context, ["a"]);
  expect(await edited.hash("a/b/file", "x")).not.toBe(await context.hash("a/b/file", "x"));
  const other = new EditedContext(context, ["a/b/fil"]);
  expect(await other.hash("a/b/file", "x")).toBe(await context.hash("a/b/file", "x"));
});
