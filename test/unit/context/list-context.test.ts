import { createHash } from "node:crypto";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type ContextListing, listingText, parseListing } from "../../../lib/context/context-listing.ts";
import { listContext } from "../../../lib/context/list-context.ts";
import { temporaryFolder } from "../layer/temporary.ts";

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const never = new AbortController().signal;

function list(folder: string, more: Partial<Parameters<typeof listContext>[0]> = {}): Promise<ContextListing> {
  const dockerfile = join(folder, "Dockerfile");
  return listContext({ folder, dockerfile, privateFiles: [], signal: never, hurry: never, ...more });
}

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  if (text !== "") for (const line of text.trimEnd().split("\n")) yield line;
}

test("paths in the order of a walk, with what a cache key depends on", async () => {
  const folder = await folderOf({ Dockerfile: "FROM scratch\n", "b/c": "content", "b-d": "", "a\u00fc": "x" });
  await chmod(join(folder, "b/c"), 0o4755);
  await symlink("../elsewhere", join(folder, "b", "link"));
  await writeFile(Buffer.concat([Buffer.from(`${folder}/z`), Buffer.from([0xff])]), "raw");
  const listing = await list(folder);
  expect(listing).toMatchObject({ ignoreFile: null, dockerfile: "Dockerfile", ignored: 0, undigested: 0 });
  const paths = listing.entries.map(({ path }) => path);
  expect(paths).toEqual(["Dockerfile", "a\u00fc", "b", "b/c", "b/link", "b-d", "z\udcff"]);
  const [, , , file, link] = listing.entries;
  expect(file).toMatchObject({ type: "file", mode: 0o4755, sizeBytes: 7, contentDigest: sha256("content") });
  expect(link).toMatchObject({ type: "symlink", linkTarget: "../elsewhere", sizeBytes: 0, contentDigest: null });
  expect(await parseListing(linesOf(listingText(listing)), "a test")).toEqual(listing);
});

test("the Dockerfile's own ignore file comes first; exceptions are looked for in ignored folders", async () => {
  const files = { Dockerfile: "", ".dockerignore": "*.md\nout\n!out/keep\n", "a.md": "", "out/x": "", "out/keep": "" };
  const folder = await folderOf(files);
  const listing = await list(folder);
  expect(listing.entries.map(({ path }) => path)).toEqual([".dockerignore", "Dockerfile", "out/keep"]);
  expect(listing).toMatchObject({ ignoreFile: ".dockerignore", patterns: ["*.md", "out", "!out/keep"], ignored: 3 });
  await writeFile(join(folder, "Dockerfile.dockerignore"), "out\n");
  const other = await list(folder);
  const paths = other.entries.map(({ path }) => path);
  expect(paths).toEqual([".dockerignore", "Dockerfile", "Dockerfile.dockerignore", "a.md"]);
  expect(other).toMatchObject({ ignoreFile: "Dockerfile.dockerignore", ignored: 1 });
});

test("secrets are listed without a digest; in a hurry only so much is read, small files first", async () => {
  const folder = await folderOf({ Dockerfile: "", npmrc: "token", large: "x".repeat(100), small: "y" });
  const some = { privateFiles: [join(folder, "npmrc")], hurry: AbortSignal.abort(), sureBytes: 50 };
  const listing = await list(folder, some);
  const digests = Object.fromEntries(listing.entries.map(({ path, contentDigest }) => [path, contentDigest]));
  expect(digests).toEqual({ Dockerfile: sha256(""), npmrc: null, large: null, small: sha256("y") });
  expect(listing.undigested).toBe(2);
  expect((await list(folder, { sureBytes: 50 })).undigested).toBe(0);
});

test("a build that is cancelled ends the listing", async () => {
  const folder = await folderOf({ Dockerfile: "" });
  await expect(list(folder, { signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow("over");
});

test("a listing from elsewhere is checked line by line", async () => {
  const text = listingText(await list(await folderOf({ Dockerfile: "", a: "1" })));
  const bad = [
    "",
    "{}\n",
    text.replace('"type":"file"', '"type":"socket"'),
    text.replace(/"contentDigest":"sha256:.{64}"/, '"contentDigest":"sha256:x"'),
    `${text.split("\n")[0]}\nnot json\n`,
  ];
  for (const one of bad)
    await expect(parseListing(linesOf(one), "where"), one).rejects.toMatchObject({ code: "damaged" });
});
