import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findContexts } from "../../../lib/batch/find-contexts.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "contexts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeFiles(top: string, files: readonly string[]): Promise<string> {
  for (const file of files) {
    await mkdir(dirname(join(folder, top, file)), { recursive: true });
    await writeFile(join(folder, top, file), "FROM scratch\n");
  }
  return join(folder, top);
}

test("the three forms of names, each in the folder that it builds", async () => {
  const top = await makeFiles("forms", [
    "api/Dockerfile",
    "web/Front End/dockerfile",
    "tools/lint.Dockerfile",
    "tools/fmt.Dockerfile",
    "both/Dockerfile",
    "both/dockerfile",
    "none/Dockerfile.old",
    "none/.Dockerfile",
  ]);
  const found = await findContexts(top, "");
  expect(found.map(({ name, folder: at, dockerfile }) => [name, at.slice(top.length), dockerfile])).toEqual([
    ["api", "/api", "Dockerfile"],
    ["both", "/both", "Dockerfile"],
    ["tools-fmt", "/tools", "fmt.Dockerfile"],
    ["tools-lint", "/tools", "lint.Dockerfile"],
    ["web-front-end", "/web/Front End", "dockerfile"],
  ]);
});

test("what holds no contexts is passed over: packages, .git, the cache folder, links to folders", async () => {
  const top = await makeFiles("skipped", [
    "Dockerfile",
    "node_modules/x/Dockerfile",
    ".git/Dockerfile",
    "cache/Dockerfile",
  ]);
  await symlink(top, join(top, "loop"));
  expect((await findContexts(top, join(top, "cache"))).map(context => context.name)).toEqual(["skipped"]);
});

test("a folder that is not there, or without any Dockerfile", async () => {
  await mkdir(join(folder, "empty"));
  await expect(findContexts(join(folder, "missing"), "")).rejects.toThrow(`there is no folder ${folder}/missing`);
  await expect(findContexts(join(folder, "empty"), "")).rejects.toMatchObject({
    code: "context-not-found",
    message: `there is no Dockerfile in ${folder}/empty nor below it`,
  });
});

test("two folders of one name are refused, as one image would replace the other", async () => {
  const top = await makeFiles("twins", ["a/b/Dockerfile", "a-b/Dockerfile"]);
  await expect(findContexts(top, "")).rejects.toThrow("two contexts would be called a-b");
});

test("a folder that is not there, a file in its place: said as that", async () => {
  const folder = await mkdtemp(join(tmpdir(), "contexts-"));
  await writeFile(join(folder, "file"), "");
  await expect(findContexts(join(folder, "none"), "")).rejects.toMatchObject({
    message: `there is no folder ${folder}/none`,
    hint: expect.stringContaining("--all"),
  });
  await expect(findContexts(join(folder, "file"), "")).rejects.toMatchObject({
    message: `${folder}/file is no folder`,
  });
  await rm(folder, { recursive: true });
});
