/** What the sandbox's tests share: executors, an ordinary user, folders that this user owns, the driver as a process. */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecutorOutput, RunRequest } from "../../../lib/executor/port.ts";

export const base = "127.0.0.1:5000/base/busybox:1";
export const debian = "127.0.0.1:5000/base/debian:bookworm";
const userName = "labuser";
const program = join(import.meta.dirname, "run-program.ts");

export type Who = "root" | "labuser" | "nobody";
export type Answer = ExecutorOutput | { type: "error"; code: string; message: string; hint?: string };

export const executors = { fork: executorFile("executor"), upstream: executorFile("executor-upstream") };

function executorFile(name: string): string {
  return join(homedir(), ".cache/kaniko-lab-test", name);
}

/** Why these tests cannot run here, or "". */
export const missing = await whatIsMissing();

export const skipNote = missing === "" ? "" : ` (skipped: ${missing})`;

async function whatIsMissing(): Promise<string> {
  if (process.platform !== "linux") return "not Linux";
  if (process.geteuid?.() !== 0) return "not root, so no other user can be taken on";
  for (const file of Object.values(executors)) if (!existsSync(file)) return `no executor at ${file}`;
  if (!(await hasImage("base/busybox", "1"))) return `no ${base}`;
  makeOrdinaryUser();
  if (asUser(["test", "-r", program]).status !== 0) return `${userName} cannot read this checkout`;
  return "";
}

export async function hasImage(name: string, tag: string): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:5000/v2/${name}/manifests/${tag}`, { method: "HEAD" }).catch(() => null);
  return answer !== null && answer.status < 500 && answer.status !== 404;
}

function makeOrdinaryUser(): void {
  if (spawnSync("id", [userName]).status !== 0) spawnSync("useradd", ["-m", userName]);
  if (new RegExp(`^${userName}:`, "m").test(readFileSync("/etc/subuid", "utf8"))) return;
  spawnSync("usermod", ["--add-subuids", "100000-165535", "--add-subgids", "100000-165535", userName]);
}

function become(who: Who): string[] {
  return who === "root"
    ? []
    : ["setpriv", "--reuid", who, "--regid", who === "nobody" ? "nogroup" : who, "--init-groups"];
}

function asUser(command: readonly string[]) {
  const [first, ...rest] = [...become(userName), ...command];
  return spawnSync(first as string, rest);
}

export interface Workplace {
  readonly who: Who;
  /** Owned by `who`. */
  readonly folder: string;
  /** How long `waiting.Dockerfile` sleeps: a number that no other process of this machine has. */
  readonly seconds: string;
  readonly request: (changes: Partial<RunRequest> & { ask?: "identify" | "probe" }) => RunRequest;
}

/** A folder with `cache/`, `driver/`, the executor and a context, all owned by the one who builds. */
export function makeWorkplace(who: Who, executor: string, contextFiles: readonly string[]): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-driver-"));
  chmodSync(folder, 0o755);
  for (const name of ["cache", "driver", "context"]) mkdirSync(join(folder, name));
  for (const file of contextFiles)
    copyFileSync(join(import.meta.dirname, "contexts", file), join(folder, "context", file));
  copyFileSync(executor, join(folder, "executor"));
  spawnSync("chown", ["-R", who, folder]);
  const seconds = String(randomInt(1e8, 1e9));
  const request = (changes: Partial<RunRequest>): RunRequest => ({
    source: { kind: "binary", file: join(folder, "executor") },
    args: [...buildArguments(contextFiles[0] as string), "--build-arg", `SECONDS=${seconds}`],
    mounts: [
      { hostPath: join(folder, "context"), path: "/workspace", readOnly: true },
      { hostPath: join(folder, "cache"), path: "/cache", readOnly: false },
    ],
    env: {},
    debugPort: null,
    dockerConfigFile: null,
    insecureRegistries: ["127.0.0.1:5000"],
    driverFolder: join(folder, "driver"),
    ...changes,
  });
  return { who, folder, seconds, request };
}

export function buildArguments(dockerfile: string): string[] {
  return [
    ...["--context", "dir:///workspace", "--dockerfile", `/workspace/${dockerfile}`, "--no-push"],
    ...["--oci-layout-path", "/cache/image", "--cache", "--cache-repo", "oci:/cache/layers"],
    ...["--insecure-registry", "127.0.0.1:5000"],
  ];
}

export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  readonly answers: AsyncIterableIterator<Answer>;
  abort(): void;
  /** Resolves with all remaining answers when the process has ended. */
  readonly rest: () => Promise<Answer[]>;
}

/** Starts the driver as a process of `who`; `around` is a command that takes it as its arguments. */
export function start(
  { who, request }: Workplace,
  changes: Parameters<Workplace["request"]>[0] = {},
  around: readonly string[] = [],
): Running {
  const command = [...around, ...become(who), process.execPath, program, JSON.stringify(request(changes))];
  const child = spawn(command[0] as string, command.slice(1));
  child.stderr.pipe(process.stderr);
  const answers = parsed(createInterface({ input: child.stdout }));
  const ended = new Promise<void>(resolve => child.once("exit", () => resolve()));
  return {
    process: child,
    answers,
    abort: () => void child.stdin.write("abort\n"),
    rest: async () => {
      const all: Answer[] = [];
      for await (const answer of answers) all.push(answer);
      await ended;
      return all;
    },
  };
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<Answer> {
  for await (const line of lines) yield JSON.parse(line) as Answer;
}

/** Reads until a line of the executor fits; later answers stay to be read. */
export async function waitForLine({ answers }: Running, text: string): Promise<void> {
  for (;;) {
    const { value, done } = await answers.next();
    if (done) throw new Error(`ended without the line ${text}`);
    if (value.type === "error") throw new Error(`${value.code}: ${value.message}`);
    if (value.type === "line" && value.text === text) return;
  }
}

export function linesOf(answers: readonly Answer[]): string[] {
  return answers.flatMap(answer => (answer.type === "line" ? [answer.text] : []));
}

export function remove(place: Workplace): void {
  spawnSync("rm", ["-rf", place.folder]);
}

/** Ids of processes that have `text` as one of their arguments. */
function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter(isNumber)
    .filter(pid => argumentsOf(pid).includes(text))
    .map(Number);
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** What a build with `waiting.Dockerfile` left running. */
export function sleepersOf({ seconds }: Workplace): number[] {
  return [...processesWith(`1${seconds}`), ...processesWith(`2${seconds}`)];
}

/** Every argument of every process of this machine. */
export function allArguments(): string {
  return readdirSync("/proc").filter(isNumber).flatMap(argumentsOf).join("\n");
}

/** The mounts that a sandbox could have left behind. Engines and other tests mount elsewhere at the same time. */
export function mountsOfMachine(): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const places = /^\/($|(dev|proc|sys|etc|workspace|cache|kaniko|tmp\/sandbox-[^/]+)(\/|$))/;
  return lines.filter(line => places.test(line.split(" ")[4] ?? ""));
}

/** The executors that were started with this variable: other builds of this machine are none of a test's business. */
export function executorsWith(variable: string): number[] {
  const pids = processesWith("/kaniko/executor").filter(pid => argumentsOf(String(pid))[0] === "/kaniko/executor");
  return pids.filter(pid => environmentOf(pid).includes(variable));
}

export function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}
