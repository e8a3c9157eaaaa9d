/**
 * The driver `sandbox`: runs the executor on Linux without an engine, as root or as an ordinary user, with util-linux's
 * `unshare`. Kaniko deletes everything below `/` between stages, so the executor only ever starts behind the guard in
 * `setup-script.ts`, with a root folder that was made for this one run.
 */

import { randomUUID } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { LabError, messageOf } from "../../error.ts";
import type { ExecutorIdentity } from "../../model/build.ts";
import { storeError } from "../../store/store-error.ts";
import type { Availability, ExecutorDriver, ExecutorOutput, IdentifyRequest, Mount, RunRequest } from "../port.ts";
import { whilePreparing } from "../preparing.ts";
import { findDebugger } from "./debugger.ts";
import { executorEnvironment } from "./environment.ts";
import { cancelled, execute, type RunPlan } from "./execute.ts";
import { executorCommand } from "./executor-command.ts";
import { type ExecutorRoot, openExecutorRoot } from "./executor-root.ts";
import { findProgram } from "./find-program.ts";
import { inspectHost, type SandboxHost } from "./host.ts";
import { recallVersion, rememberVersion } from "./identity-memory.ts";
import { takeBackMounts } from "./lent-files.ts";
import { prepareRoot } from "./root-folder.ts";
import { createRunFolder, type RunFolder, removeLeftovers, removeRunFolder } from "./run-folders.ts";
import { tryNamespaces } from "./try-namespaces.ts";
import { parseVersion } from "./version.ts";

export function createSandboxDriver(): ExecutorDriver {
  // The executor keeps this machine's network.
  return { name: "sandbox", probe, identify, run, sharedAddress: async () => "127.0.0.1" };
}

async function probe(): Promise<Availability> {
  try {
    const host = await inspectHost();
    await tryNamespaces(host);
    const who = host.isRoot ? "as root" : `as ${host.userName}, without root`;
    return { available: true, detail: `a sandbox of namespaces ${who}`, hint: "" };
  } catch (error) {
    const hint = error instanceof LabError ? (error.hint ?? "") : "";
    return { available: false, detail: messageOf(error), hint };
  }
}

async function identify(request: IdentifyRequest): Promise<ExecutorIdentity> {
  const host = await inspectHost();
  const executor = await openExecutorRoot(host, request, (what, doneBytes = null, totalBytes = null) =>
    request.onPreparing({ type: "preparing", what, doneBytes, totalBytes }),
  );
  const { source } = request;
  const name = source.kind === "image" ? source.reference : source.kind === "oci-layout" ? source.folder : source.file;
  const known = await recallVersion(request.driverFolder, executor.identity);
  if (known) return { source: name, ...known };
  const lines: string[] = [];
  const question = { ...request, args: ["version"], mounts: [], env: {}, debugPort: null };
  for await (const output of runInRoot(host, executor, question, request.signal)) {
    // An executor that is none could print without end.
    if (output.type === "line" && lines.length < 100) lines.push(output.text);
  }
  const answer = parseVersion(lines);
  if (answer.version !== "") await rememberVersion(request.driverFolder, executor.identity, answer);
  return { source: name, ...answer };
}

async function* run(request: RunRequest, signal: AbortSignal): AsyncGenerator<ExecutorOutput, void, void> {
  if (signal.aborted) throw cancelled();
  const host = await inspectHost();
  await removeLeftovers(host, request.driverFolder);
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const executor = yield* whilePreparing(ending, report =>
    openExecutorRoot(host, { ...request, signal: either }, report),
  );
  if (request.keep)
    yield { type: "warning", text: "--keep: the sandbox keeps nothing; shell opens every step that was finished" };
  yield* runInRoot(host, executor, request, signal);
}

async function* runInRoot(
  host: SandboxHost,
  executor: ExecutorRoot,
  request: RunRequest,
  signal: AbortSignal,
): AsyncGenerator<ExecutorOutput, void, void> {
  const env = executorEnvironment(executor.env, request.env, process.env);
  const mounts = await canonicalMounts(request.mounts);
  const folder = await createRunFolder(request.driverFolder);
  let owned = false;
  try {
    const plan = await prepareRun(executor, request, env, mounts, join(folder.folder, "root"));
    for await (const output of execute(host, plan, signal)) {
      if (output.type === "exit") {
        await takeBackMounts(host, mounts);
        owned = true;
      }
      yield output;
    }
  } finally {
    if (!owned) await takeBackMounts(host, mounts).catch(() => {});
    await discard(host, folder);
  }
}

async function prepareRun(
  executor: ExecutorRoot,
  request: RunRequest,
  env: Readonly<Record<string, string>>,
  requested: readonly Mount[],
  root: string,
): Promise<RunPlan> {
  const workingFolder = request.program?.workingFolder ?? executor.workingFolder;
  const marker = randomUUID();
  try {
    await mkdir(root);
    await executor.fill(root);
    const mounts = await prepareRoot(root, marker, workingFolder, requested);
    const entrypoint = request.program?.command ?? executor.entrypoint;
    const started = [findProgram(root, env.PATH ?? "", entrypoint[0] ?? ""), ...entrypoint.slice(1)];
    const command = executorCommand(started, request.args, await debugging(root, request.debugPort));
    return { root, marker, mounts, workingFolder, command, env };
  } catch (error) {
    throw storeError(error, root);
  }
}

/** What cannot be removed now is a leftover for the next run; it must not hide how this one ended. */
async function discard(host: SandboxHost, folder: RunFolder): Promise<void> {
  await removeRunFolder(host, folder).catch(() => {});
}

async function debugging(root: string, port: number | null): Promise<{ port: number; debugger: string } | null> {
  return port === null ? null : { port, debugger: await findDebugger(root) };
}

async function canonicalMounts(mounts: readonly Mount[]): Promise<Mount[]> {
  return Promise.all(
    mounts.map(async mount => {
      const hostPath = await realpath(mount.hostPath).catch((error: unknown) => {
        throw new LabError("usage", `cannot mount ${mount.hostPath}: it is not there`, { cause: error });
      });
      return { ...mount, hostPath };
    }),
  );
}
