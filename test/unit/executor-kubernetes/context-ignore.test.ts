import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextFilter, flagOf } from "../../../lib/executor/kubernetes/context-ignore.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kaniko-lab-ignore-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function filterFor(files: Record<string, string>, args: readonly string[] = []) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const mount = { hostPath: folder, path: "/workspace", readOnly: true, isFile: false };
  return contextFilter([mount], args);
}

test("without an ignore file everything is sent", async () => {
  expect(await filterFor({})).toBeNull();
});

test("an ignored file is sent empty, a folder in an ignored folder not at all", async () => {
  const filter = await filterFor({ ".dockerignore": "secret.txt\nnode_modules\n" });
  expect(filter?.isEmptied("secret.txt")).toBe(true);
  expect(filter?.isEmptied("main.go")).toBe(false);
  expect(filter?.skip("node_modules", true)).toBe(false);
  expect(filter?.skip("node_modules/a", true)).toBe(true);
  expect(filter?.isEmptied("node_modules/a.js")).toBe(true);
});

test("what Kaniko reads itself is sent, ignored or not", async () => {
  const filter = await filterFor({ ".dockerignore": "*\n" }, ["--dockerfile", "/workspace/a/b/Dockerfile"]);
  expect(filter?.isEmptied("a/b/Dockerfile")).toBe(false);
  expect(filter?.isEmptied(".dockerignore")).toBe(false);
  expect(filter?.skip("a/b", true)).toBe(false);
  expect(filter?.skip("a/c", true)).toBe(true);
});

test("exceptions below an ignored folder are sent", async () => {
  const filter = await filterFor({ ".dockerignore": "docs\n!docs/a/keep.md\n" });
  expect(filter?.skip("docs/a", true)).toBe(false);
  expect(filter?.isEmptied("docs/a/keep.md")).toBe(false);
});

test("the ignore file of the Dockerfile wins", async () => {
  const files = { "Dockerfile.dockerignore": "one\n", ".dockerignore": "two\n" };
  const filter = await filterFor(files, ["--dockerfile=/workspace/Dockerfile"]);
  expect(filter?.isEmptied("one")).toBe(true);
  expect(filter?.isEmptied("two")).toBe(false);
});

test("the last of a flag counts, in both forms", () => {
  expect(flagOf(["--cache-repo", "a", "--cache-repo=b"], "cache-repo")).toBe("b");
  expect(flagOf(["--cache"], "cache-repo")).toBeNull();
});
