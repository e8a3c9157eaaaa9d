/**
 * The guard that stands between the executor and a real root. What is to run here is never an executor but busybox, which
 * would leave a file as a proof.
 */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { mountsOfMachine } from "./support.ts";

const busybox = "/usr/bin/busybox";
const missing = whatIsMissing();

function whatIsMissing(): string {
  if (process.platform !== "linux") return "not Linux";
  if (process.geteuid?.() !== 0) return "not root";
  return existsSync(busybox) ? "" : `no static ${busybox}`;
}

// Before the driver's modules look at PATH: tools in here come first.
const tools = mkdtempSync(join(tmpdir(), "sandbox-tools-"));
const ownPath = process.env.PATH;
process.env.PATH = `${tools}:${ownPath}`;
const { execute } = await import("../../../lib/executor/sandbox/execute.ts");
const { inspectHost } = await import("../../../lib/executor/sandbox/host.ts");
const { prepareRoot } = await import("../../../lib/executor/sandbox/root-folder.ts");

describe.skipIf(missing !== "")(`the guard${missing && ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let root: string;
  let proof: string;
  const mounts = mountsOfMachine();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sandbox-guard-"));
    root = join(folder, "root");
    proof = join(folder, "out/ran");
    for (const path of ["out", "root", "root/kaniko"]) mkdirSync(join(folder, path));
    copyFileSync(busybox, join(root, "kaniko/busybox"));
  });
  afterEach(() => {
    expect(mountsOfMachine()).toEqual(mounts);
    rmSync(folder, { recursive: true });
    rmSync(join(tools, "pivot_root"), { force: true });
  });
  afterAll(() => {
    process.env.PATH = ownPath;
    rmSync(tools, { recursive: true });
  });

  async function attempt(changes: { marker?: string; detach?: object; command?: string[] } = {}): Promise<unknown> {
    const mount = { hostPath: join(folder, "out"), path: "/out", readOnly: false };
    const host = await inspectHost();
    const plan = {
      root,
      marker: changes.marker ?? "right",
      mounts: await prepareRoot(root, "right", "/", [mount]),
      workingFolder: "/",
      command: changes.command ?? ["/kaniko/busybox", "touch", "/out/ran"],
      env: {},
    };
    const changed = { ...host, detach: { ...host.detach, ...changes.detach } };
    let last: unknown;
    for await (const output of execute(changed, plan, new AbortController().signal)) last = output;
    return last;
  }

  test("lets a command through when all is well", async () => {
    expect(await attempt()).toEqual({ type: "exit", code: 0, reason: "" });
    expect(existsSync(proof)).toBe(true);
  });

  test("refuses a root with the marker of another run", async () => {
    await expectRefusal(attempt({ marker: "wrong" }), "marker of another run");
  });

  test("refuses an empty marker", async () => {
    await expectRefusal(attempt({ marker: "" }), "marker");
  });

  test("refuses a root without a marker", async () => {
    // A mount over the folder hides the marker at the last moment.
    mkdirSync(join(folder, "empty"));
    copyFileSync(busybox, join(folder, "empty/busybox"));
    writeTool("pivot_root", `mount --bind '${folder}/empty' kaniko && exec /usr/sbin/pivot_root "$@"`);
    await expectRefusal(attempt(), "no marker");
  });

  test("refuses when the machine's root stays mounted", async () => {
    const detach = { loader: "", libraryPath: "", program: busybox, applet: "true" };
    await expectRefusal(attempt({ detach }), "still mounted");
  });

  test("refuses when the root did not change", async () => {
    // Seems to work, and lets the next command be found, all within the namespace.
    mkdirSync(join(folder, "dev/.host"), { recursive: true });
    symlinkSync("/usr", join(folder, "dev/.host/usr"));
    writeTool("pivot_root", `mount --bind '${folder}/dev' /dev`);
    const detach = { loader: "", libraryPath: "", program: busybox, applet: "true" };
    await expectRefusal(attempt({ detach }), "the root did not change");
  });

  test("stops when pivot_root fails", async () => {
    writeTool("pivot_root", "echo not today >&2; exit 1");
    await expectRefusal(attempt(), "not today");
  });

  test("refuses a command that is not there", async () => {
    await expectRefusal(
      attempt({ command: ["/kaniko/executor"] }),
      "no executable /kaniko/executor",
      "executor-unavailable",
    );
  });

  function writeTool(name: string, script: string): void {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  async function expectRefusal(run: Promise<unknown>, message: string, code = "sandbox-unavailable"): Promise<void> {
    await expect(run).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(existsSync(proof)).toBe(false);
  }
});
