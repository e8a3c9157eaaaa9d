/** A shell in the unpacked tree, with the namespaces and the guard of the sandbox driver: never on the machine's own root. */

import { randomUUID } from "node:crypto";
import { chmod, copyFile, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../error.ts";
import type { Mount } from "../executor/port.ts";
import { executeForUser } from "../executor/sandbox/execute.ts";
import { inspectHost } from "../executor/sandbox/host.ts";
import type { UserStreams } from "../executor/sandbox/namespaces.ts";
import { findProgram } from "../executor/sandbox/processes.ts";
import { ensureFolder, makeMountPoint, nameResolution } from "../executor/sandbox/root-folder.ts";
import { createRunFolder, removeLeftovers, removeRunFolder } from "../executor/sandbox/run-folders.ts";
import { createSandboxDriver } from "../executor/sandbox/sandbox-driver.ts";
import { busyboxPath, type ShellDriver, type ShellRequest, type ShellStreams } from "./shell-request.ts";

export function sandboxShell(): ShellDriver {
  return { name: "sandbox", probe: () => createSandboxDriver().probe(), open };
}

async function open(request: ShellRequest): Promise<number> {
  const { driverFolder, signal, report } = request;
  const host = await inspectHost();
  await requireTerminalMaker(request.streams);
  await removeLeftovers(host, driverFolder);
  const folder = await createRunFolder(driverFolder);
  try {
    const root = join(folder.folder, "root");
    await mkdir(root, { mode: 0o755 });
    report(`unpacking ${request.name}`);
    await request.extract(root, host.isRoot);
    const mounts = await prepareTree(root, request);
    const marker = randomUUID();
    // Beside what the image has, and gone when the program starts: it sees the tree as it is.
    const markerFile = `/.kaniko-lab-${marker}`;
    await writeFile(join(root, markerFile), `${marker}\n`);
    const { command, env, workingFolder } = request;
    const plan = { root, marker, markerFile, mounts, workingFolder, command, env };
    const beforeStart = async () => {
      await rm(join(root, markerFile));
      request.onStart();
    };
    return await executeForUser(host, plan, streamsOf(request.streams), beforeStart, signal);
  } finally {
    await removeRunFolder(host, folder).catch(() => {});
  }
}

/** What the set-up mounts at. Nothing here follows a link of the tree. @returns the mounts to make */
async function prepareTree(root: string, { busybox }: ShellRequest): Promise<Mount[]> {
  await chmod(root, 0o755);
  for (const folder of ["/dev", "/proc", "/sys"]) await ensureFolder(root, folder);
  if (busybox !== null) {
    await ensureFolder(root, dirname(busyboxPath));
    await copyFile(busybox, join(root, busyboxPath)).catch((error: unknown) => {
      throw new LabError("usage", `--busybox: cannot read ${busybox}`, { cause: error });
    });
    await chmod(join(root, busyboxPath), 0o755);
  }
  const etc = await lstat(join(root, "etc")).catch(() => null);
  const mounts = etc?.isDirectory() ? await nameResolution() : [];
  for (const mount of mounts) await makeMountPoint(root, mount, mounts);
  return mounts;
}

function streamsOf({ input, output, complaints, isTerminal }: ShellStreams): UserStreams {
  // A program apart from the terminal cannot read from it.
  const takesInput = isTerminal || !input.isTTY;
  return { input: takesInput ? input : "ignore", output, complaints, isTerminal };
}

async function requireTerminalMaker({ isTerminal }: ShellStreams): Promise<void> {
  if (!isTerminal || (await findProgram("script")) !== null) return;
  throw new LabError("sandbox-unavailable", "a shell in the sandbox needs script, which makes it a terminal", {
    hint: "apt-get install bsdutils (or util-linux-script); or --driver docker",
  });
}
