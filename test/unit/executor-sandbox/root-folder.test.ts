import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findDebugger } from "../../../lib/executor/sandbox/debugger.ts";
import { createBinaryRoot, ensureFolder, prepareRoot } from "../../../lib/executor/sandbox/root-folder.ts";

let scratch: string;
let root: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "sandbox-root-"));
  root = join(scratch, "root");
  mkdirSync(root);
});
afterEach(() => rmSync(scratch, { recursive: true }));

describe("a root for an executor from a file", () => {
  test("holds it, certificates and the marker", async () => {
    const executor = join(scratch, "built");
    writeFileSync(executor, "an executor");
    await createBinaryRoot(root, executor);
    await prepareRoot(root, "this-run", "/workspace", []);
    expect(readFileSync(join(root, "kaniko/executor"), "utf8")).toBe("an executor");
    expect(lstatSync(join(root, "kaniko/executor")).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(root, "kaniko/ssl/certs/ca-certificates.crt"), "utf8")).toContain("BEGIN CERTIFICATE");
    expect(readFileSync(join(root, "kaniko/.sandbox"), "utf8")).toBe("this-run\n");
    expect(readdirSync(root)).toEqual(expect.arrayContaining(["dev", "proc", "sys", "tmp", "workspace"]));
    expect(lstatSync(join(root, "tmp")).mode & 0o7777).toBe(0o1777);
  });
});

describe("places to mount at", () => {
  test("are made for folders and files, parents first", async () => {
    const file = join(scratch, "config.json");
    writeFileSync(file, "{}");
    const mounts = await prepareRoot(root, "m", "/", [
      { hostPath: file, path: "/kaniko/.docker/config.json", readOnly: true },
      { hostPath: scratch, path: "/cache", readOnly: false },
    ]);
    expect(lstatSync(join(root, "kaniko/.docker/config.json")).isFile()).toBe(true);
    expect(lstatSync(join(root, "cache")).isDirectory()).toBe(true);
    const depths = mounts.map(mount => mount.path.split("/").length);
    expect(depths).toEqual(depths.toSorted((a, b) => a - b));
  });

  test("never follow a link of the image", async () => {
    const outside = join(scratch, "outside");
    mkdirSync(outside);
    symlinkSync(outside, join(root, "cache"));
    const mount = { hostPath: scratch, path: "/cache/deep", readOnly: false };
    await expect(prepareRoot(root, "m", "/", [mount])).rejects.toMatchObject({ code: "unsafe" });
    expect(readdirSync(outside)).toEqual([]);
  });

  test("replace an image's link where a file is mounted", async () => {
    const outside = join(scratch, "precious");
    writeFileSync(outside, "kept");
    mkdirSync(join(root, "etc"));
    symlinkSync(outside, join(root, "etc/settings"));
    await prepareRoot(root, "m", "/", [{ hostPath: outside, path: "/etc/settings", readOnly: true }]);
    expect(lstatSync(join(root, "etc/settings")).isFile()).toBe(true);
    expect(readFileSync(outside, "utf8")).toBe("kept");
  });

  test("a marker that the image brings as a link is replaced, not written through", async () => {
    const outside = join(scratch, "precious");
    writeFileSync(outside, "kept");
    mkdirSync(join(root, "kaniko"));
    symlinkSync(outside, join(root, "kaniko/.sandbox"));
    await prepareRoot(root, "m", "/", []);
    expect(readFileSync(outside, "utf8")).toBe("kept");
    expect(readFileSync(join(root, "kaniko/.sandbox"), "utf8")).toBe("m\n");
  });

  test.each(["/", "/proc/x", "/dev", "/sys/fs", "relative", "/a/../b", "/a/", "/kaniko", "/kaniko/.sandbox"])(
    "are refused at %s",
    async path => {
      const mount = { hostPath: scratch, path, readOnly: true };
      await expect(prepareRoot(root, "m", "/", [mount])).rejects.toMatchObject({ code: "usage" });
    },
  );

  test("need something to mount", async () => {
    const mount = { hostPath: join(scratch, "nothing"), path: "/workspace", readOnly: true };
    await expect(prepareRoot(root, "m", "/", [mount])).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("nothing"),
    });
  });
});

test("a working folder that leads out of the root is refused", async () => {
  await expect(ensureFolder(root, "/a/../../b")).rejects.toMatchObject({ code: "unsafe" });
});

describe("the debugger", () => {
  test("is found where images have it", async () => {
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    writeFileSync(join(root, "usr/local/bin/dlv"), "");
    expect(await findDebugger(root)).toBe("/usr/local/bin/dlv");
  });

  test("is missed with a hint", async () => {
    await expect(findDebugger(root)).rejects.toMatchObject({
      code: "executor-unavailable",
      hint: expect.stringContaining("dlv"),
    });
  });
});
