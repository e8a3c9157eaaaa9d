import { execFileSync } from "node:child_process";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { type Header, type Pack, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packFolder } from "../../../lib/executor/docker/copy-in.ts";
import { copyOut } from "../../../lib/executor/docker/copy-out.ts";
import { asNodeStream } from "../../../lib/executor/docker/node-stream.ts";

let root: string;
let target: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "kaniko-lab-unit-"));
  target = path.join(root, "target");
  await mkdir(target);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const options = { isFile: false, onBytes: () => {}, isOwnLink: (to: string) => to.startsWith("/ours/") };

function packed(fill: (tar: Pack) => Promise<void> | void): Readable {
  const tar = pack();
  Promise.resolve(fill(tar)).then(
    () => tar.finalize(),
    error => tar.destroy(error as Error),
  );
  return asNodeStream(tar);
}

function archive(...entries: (Partial<Header> & { readonly name: string; readonly content?: string })[]): Readable {
  return packed(tar => {
    for (const { content, ...header } of entries) tar.entry(header, content ?? "");
  });
}

describe("copies to an engine", () => {
  test("keep modes, times, links and numeric owners; GNU tar agrees", async () => {
    const source = path.join(root, "source");
    await mkdir(path.join(source, "folder/empty"), { recursive: true });
    await writeFile(path.join(source, "folder/setuid"), "content");
    await chmod(path.join(source, "folder/setuid"), 0o4751);
    await utimes(path.join(source, "folder/setuid"), 1_000_000_000.25, 1_000_000_000.25);
    await symlink("/etc/passwd", path.join(source, "away"));
    await writeFile(path.join(source, "ünïcode"), "");
    const chunks: Buffer[] = [];
    for await (const chunk of packed(tar => packFolder(tar, source, "", { onBytes: () => {} })))
      chunks.push(chunk as Buffer);
    await writeFile(path.join(root, "a.tar"), Buffer.concat(chunks));
    const listing = execFileSync(
      "tar",
      ["--list", "--verbose", "--full-time", "--numeric-owner", "-f", path.join(root, "a.tar")],
      {
        encoding: "utf8",
        env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
      },
    );
    const own = await lstat(source);
    expect(listing).toMatch(
      new RegExp(`^-rwsr-x--x ${own.uid}/${own.gid} +7 2001-09-09 01:46:40\\.25\\d* +folder/setuid$`, "m"),
    );
    expect(listing).toMatch(/^lrwxrwxrwx .* away -> \/etc\/passwd$/m);
    expect(listing).toMatch(/^drwx.* folder\/empty\/?$/m);
    expect(listing.trim().split("\n")).toHaveLength(5);
  });

  test("a name that is not UTF-8 is refused instead of changed", async () => {
    const source = path.join(root, "source");
    await mkdir(source);
    await writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff])]), "");
    const reading = (async () => {
      for await (const _ of packed(tar => packFolder(tar, source, "", { onBytes: () => {} })));
    })();
    await expect(reading).rejects.toMatchObject({ code: "unsafe" });
  });
});

describe("copies from an engine", () => {
  test("fill the folder, old files are replaced", async () => {
    await writeFile(path.join(target, "old"), "before");
    const result = await copyOut(
      archive(
        { name: "./", type: "directory" },
        { name: "./old", content: "after", mode: 0o4444 },
        { name: "./deep/er/file", content: "x" },
        { name: "./hard", type: "link", linkname: "./deep/er/file" },
      ),
      target,
      options,
    );
    expect(result).toEqual({ files: 3, sizeBytes: 6, leftOut: 0 });
    expect(await readFile(path.join(target, "old"), "utf8")).toBe("after");
    expect((await lstat(path.join(target, "old"))).mode & 0o7777).toBe(0o644);
    expect(await readFile(path.join(target, "hard"), "utf8")).toBe("x");
    expect((await readdir(target)).sort()).toEqual(["deep", "hard", "old"]);
  });

  test("links and devices are left out and counted, our own links only left out", async () => {
    const result = await copyOut(
      archive(
        { name: "out", type: "symlink", linkname: "/etc" },
        { name: "ours", type: "symlink", linkname: "/ours/x" },
        { name: "dev", type: "block-device", devmajor: 1, devminor: 1 },
      ),
      target,
      options,
    );
    expect(result.leftOut).toBe(2);
    expect(await readdir(target)).toEqual([]);
  });

  test.for(["../escaped", "./../escaped", "x/../../escaped"])("%s is refused", async name => {
    await expect(copyOut(archive({ name, content: "x" }), target, options)).rejects.toMatchObject({ code: "unsafe" });
    expect(await readdir(root)).toEqual(["target"]);
  });

  test("a link that is here already is not followed", async () => {
    const outside = path.join(root, "outside");
    await mkdir(outside);
    await symlink(outside, path.join(target, "folder"));
    await writeFile(path.join(outside, "victim"), "untouched");
    await symlink(path.join(outside, "victim"), path.join(target, "file"));
    await expect(copyOut(archive({ name: "folder/x", content: "x" }), target, options)).rejects.toMatchObject({
      code: "unsafe",
    });
    await copyOut(archive({ name: "file", content: "mine" }), target, options);
    expect(await readdir(outside)).toEqual(["victim"]);
    expect(await readFile(path.join(outside, "victim"), "utf8")).toBe("untouched");
    expect(await readFile(path.join(target, "file"), "utf8")).toBe("mine");
  });

  test("a hard link to something outside is refused", async () => {
    await link(await written(path.join(root, "secret")), path.join(root, "other-name"));
    const entries = archive({ name: "x", type: "link", linkname: "../secret" });
    await expect(copyOut(entries, target, options)).rejects.toMatchObject({ code: "unsafe" });
  });

  test("a stream that breaks off leaves no half file", async () => {
    const broken = new PassThrough();
    const whole = archive({ name: "big", content: "x".repeat(100_000) });
    whole.once("data", (chunk: Buffer) => {
      broken.write(chunk.subarray(0, 50_000));
      broken.destroy(new Error("gone"));
    });
    await expect(copyOut(broken, target, options)).rejects.toThrow();
    expect(await readdir(target)).toEqual([]);
  });

  test("a single file is written onto its own name only", async () => {
    const file = await written(path.join(root, "digest"));
    await copyOut(archive({ name: "anything", content: "sha256:1" }), file, { ...options, isFile: true });
    expect(await readFile(file, "utf8")).toBe("sha256:1");
  });
});

async function written(file: string): Promise<string> {
  await writeFile(file, "secret");
  return file;
}
