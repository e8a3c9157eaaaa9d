import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { removeFolder } from "../../../lib/store/remove-folder.ts";

const module = fileURLToPath(new URL("../../../lib/store/remove-folder.ts", import.meta.url));
// For root every folder is writable: the removal then runs as somebody else, in a process of its own.
const nobody = 65534;
const isRoot = process.getuid?.() === 0;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kaniko-lab-remove-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function runAsUser(code: string): { status: number | null; stderr: string } {
  const user = isRoot ? { uid: nobody, gid: nobody, cwd: "/" } : {};
  return spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", ...user });
}

const missing =
  runAsUser(`import ${JSON.stringify(module)}`).status === 0 ? "" : "an ordinary user cannot read this checkout";

describe.skipIf(missing)(`folders without permissions${missing && ` (skipped: ${missing})`}`, () => {
  test("are removed with all below, and nothing behind a link is touched", () => {
    const outside = join(root, "outside");
    const build = join(root, "build");
    const locked = join(build, "out", "locked");
    mkdirSync(locked, { recursive: true });
    mkdirSync(outside);
    symlinkSync(outside, join(locked, "link"));
    writeFileSync(join(locked, "file"), "");
    writeFileSync(join(outside, "kept"), "");
    if (isRoot) for (const path of [root, outside, build, join(build, "out"), locked]) chownSync(path, nobody, nobody);
    for (const path of [outside, locked, join(build, "out")]) chmodSync(path, 0);

    const { status, stderr } = runAsUser(
      `const { removeFolder } = await import(${JSON.stringify(module)}); await removeFolder(${JSON.stringify(build)})`,
    );

    chmodSync(outside, 0o700);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(existsSync(build)).toBe(false);
    expect(existsSync(join(outside, "kept"))).toBe(true);
  });
});

test("what is not there is no error, and a link is removed without what it names", async () => {
  mkdirSync(join(root, "named"));
  symlinkSync(join(root, "named"), join(root, "link"));
  await removeFolder(join(root, "link"));
  await removeFolder(join(root, "none"));
  expect(existsSync(join(root, "link"))).toBe(false);
  expect(existsSync(join(root, "named"))).toBe(true);
});
