/**
 * One run of an executor in a root that was made for it. In: the plan. Out: its lines and its exit. When the generator
 * ends, in whatever way, every process of the run has gone, and with them its mounts.
 */

import { closeSync, openSync } from "node:fs";
import { constants, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { LabError } from "../../error.ts";
import { splitLines } from "../line-splitter.ts";
import type { ExecutorOutput, Mount } from "../port.ts";
import { exitOutput } from "./exit.ts";
import type { SandboxHost } from "./host.ts";
import { enter, type NamespaceProcess, spawnInNamespaces, type UserStreams } from "./namespaces.ts";
import { capture } from "./processes.ts";
import { environmentPrefix, markerPath, setupScript } from "./setup-script.ts";

export interface RunPlan {
  /** Canonical path `…/<run>/root`. */
  readonly root: string;
  /** What the guard must find in the root. */
  readonly marker: string;
  readonly mounts: readonly Mount[];
  readonly workingFolder: string;
  /** Absolute path in the root and arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where the marker is; default: where Kaniko lets it be. */
  readonly markerFile?: string | undefined;
}

/** How long an aborted executor has to end by itself. */
const graceMs = 1500;

/** @throws LabError `sandbox-unavailable` when the sandbox cannot be set up or its guard refuses; `cancelled` */
export async function* execute(host: SandboxHost, plan: RunPlan, signal: AbortSignal): AsyncGenerator<ExecutorOutput> {
  const pipe = await openPipe(dirname(plan.root));
  let sandbox: Sandbox;
  try {
    sandbox = startSandbox(host, plan, pipe.writeEnd);
  } finally {
    closeSync(pipe.writeEnd);
  }
  const output = new Socket({ fd: pipe.readEnd, readable: true, writable: false });
  const stop = (): void => void sandbox.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) throw cancelled();
    for (const note of await sandbox.setUp())
      yield { type: "preparing", what: note, doneBytes: null, totalBytes: null };
    for await (const text of splitLines(output as AsyncIterable<Buffer>)) yield { type: "line", text };
    const { code, signal: endedBy } = await sandbox.process.ended;
    if (signal.aborted) throw cancelled();
    yield exitOutput(code, endedBy);
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    signal.removeEventListener("abort", stop);
    await sandbox.stop();
    output.destroy();
  }
}

/**
 * The same with streams of somebody, who talks to the command directly.
 * @param beforeStart runs when the guard has let the command pass, right before it starts
 * @returns its exit status
 * @throws LabError as `execute`
 */
export async function executeForUser(
  host: SandboxHost,
  plan: RunPlan,
  streams: UserStreams,
  beforeStart: () => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) throw cancelled();
  const process = spawnInNamespaces(host, { ...setupCommand(host, plan), output: null, streams });
  const sandbox = watchOver(host, process, beforeStart);
  const stop = (): void => void sandbox.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await sandbox.setUp();
    const { code, signal: endedBy } = await process.ended;
    if (signal.aborted) throw cancelled();
    const exit = exitOutput(code, endedBy);
    return exit.type === "exit" ? exit.code : 1;
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    signal.removeEventListener("abort", stop);
    await sandbox.stop();
  }
}

export function cancelled(): LabError {
  return new LabError("cancelled", "the build was cancelled");
}

/** One real pipe for both streams: lines keep their order, and a RUN can open /dev/stdout, which it cannot with a socket. */
async function openPipe(folder: string): Promise<{ readEnd: number; writeEnd: number }> {
  const file = join(folder, "output");
  const { code, stderr } = await capture(["mkfifo", "-m", "666", file]);
  if (code !== 0) throw new LabError("cache-not-writable", `cannot make a pipe: ${stderr.trim()}`);
  const readEnd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(file, constants.O_WRONLY);
  await rm(file);
  return { readEnd, writeEnd };
}

interface Sandbox {
  readonly process: NamespaceProcess;
  /** Waits until the executor starts. Returns what the user should know about this sandbox. */
  setUp(): Promise<string[]>;
  /** Ends all processes; resolves when they have gone. */
  stop(): Promise<void>;
}

function startSandbox(host: SandboxHost, plan: RunPlan, output: number): Sandbox {
  return watchOver(host, spawnInNamespaces(host, { ...setupCommand(host, plan), output }));
}

function watchOver(
  host: SandboxHost,
  process: NamespaceProcess,
  beforeStart: () => Promise<void> = async () => {},
): Sandbox {
  let executorPid: number | null = null;
  let stopped: Promise<void> | null = null;
  return {
    process,
    setUp: () => followSetUp(host, process, pid => (executorPid = pid), beforeStart),
    stop: () => (stopped ??= stopProcess(process, () => executorPid)),
  };
}

async function followSetUp(
  host: SandboxHost,
  process: NamespaceProcess,
  onPid: (pid: number) => void,
  beforeStart: () => Promise<void>,
): Promise<string[]> {
  await enter(host, process);
  const notes: string[] = [];
  for (;;) {
    const message = await process.messages.next();
    if (message.done) break;
    const [word, rest] = splitWord(message.value);
    if (word === "pid") onPid(Number(rest));
    if (word === "note") notes.push(rest);
    if (word === "missing") throw noExecutable(rest);
    if (word !== "ready") continue;
    await beforeStart();
    process.go();
    return notes;
  }
  const complaint = (await process.complaints).trim();
  throw new LabError("sandbox-unavailable", `the sandbox could not be set up: ${complaint || "it ended early"}`, {
    hint: "kaniko-lab doctor says what this machine has; --driver docker needs a Docker engine instead",
  });
}

function noExecutable(path: string): LabError {
  return new LabError("executor-unavailable", `there is no executable ${path} in the executor's root`, {
    hint: "name an image of Kaniko's executor, or a static binary of it",
  });
}

function splitWord(line: string): [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** SIGTERM to the executor, SIGKILL after a while: it is the first process of its namespace, so all others go with it. */
async function stopProcess(process: NamespaceProcess, executorPid: () => number | null): Promise<void> {
  const { child } = process;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  if (hasEnded()) return;
  const pid = executorPid();
  if (pid === null) child.kill("SIGKILL");
  else signalProcess(pid, "SIGTERM");
  const timer = setTimeout(() => {
    const latest = executorPid();
    if (latest !== null && !hasEnded()) signalProcess(latest, "SIGKILL");
    else child.kill("SIGKILL");
  }, graceMs);
  child.stdio[4]?.destroy();
  await process.ended.catch(() => {});
  clearTimeout(timer);
  // Killed during its set-up, the outer process goes before the inner ones, which hold this stream.
  await process.complaints.catch(() => {});
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

function setupCommand(host: SandboxHost, plan: RunPlan): { command: string[]; env: Record<string, string> } {
  const { loader, libraryPath, program, applet } = host.detach;
  const variables = Object.entries(plan.env).map(([name, value]) => `${name}=${value}`);
  const run = basename(dirname(plan.root));
  const command = [
    ...["sh", "-c", setupScript, "sandbox"],
    ...[host.isRoot ? "root" : "user", plan.root, `/${run}/root`, plan.marker, plan.workingFolder],
    ...[loader, libraryPath, program, applet, String(variables.length), plan.markerFile ?? markerPath],
    ...plan.mounts.flatMap(({ hostPath, path, readOnly }) => [hostPath, path, readOnly ? "ro" : "rw"]),
    ...["--", ...plan.command],
  ];
  const env = Object.fromEntries(variables.map((pair, index) => [`${environmentPrefix}${index}`, pair]));
  return { command, env };
}
