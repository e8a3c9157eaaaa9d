/**
 * Processes in namespaces of their own. In: a machine that was inspected and a command. Out: a process whose ids are
 * mapped, that ends when this process ends, however it ends.
 */

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Readable, Stream, Writable } from "node:stream";
import { quoteWord } from "../../ci/shell/quote-word.ts";
import { LabError } from "../../error.ts";
import { splitLines } from "../line-splitter.ts";
import { namespaceHint, type SandboxHost, unavailable } from "./host.ts";
import { capture, readCapped, toolEnvironment } from "./processes.ts";
import { enterAndWaitScript, enterScript, errorsVariable } from "./setup-script.ts";

/** Who sits before the process: streams of this process that have a file descriptor. */
export interface UserStreams {
  readonly input: Stream | "ignore";
  readonly output: Stream;
  readonly complaints: Stream;
  /** Whether all of them are a terminal: the process then gets one of its own, as its root may be a stranger's. */
  readonly isTerminal: boolean;
}

export interface NamespaceRequest {
  readonly command: readonly string[];
  /** Joined to what tools get. Seen by the process alone, never in an argument list. */
  readonly env: Readonly<Record<string, string>>;
  /** File descriptor for the standard output; null to drop it. */
  readonly output: number | null;
  /** Takes the place of `output`. */
  readonly streams?: UserStreams | undefined;
}

export interface NamespaceProcess {
  readonly child: ChildProcess;
  /** What the process says on its file descriptor 3; ends with the process or when it closes 3. */
  readonly messages: AsyncIterator<string>;
  /** Lets the process go on where it reads from its file descriptor 4. */
  go(): void;
  /** Everything that came on its standard error, when that is closed. */
  readonly complaints: Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/**
 * What container engines leave to root by default, and what mounting needs: the set-up cannot give that up, for after it
 * no program of the machine is there that could. So a build as real root is no place for a Dockerfile that is not trusted.
 */
const keptCapabilities = [
  ...["-all", "+chown", "+dac_override", "+fowner", "+fsetid", "+kill", "+setgid", "+setuid", "+setpcap"],
  ...["+net_bind_service", "+net_raw", "+sys_chroot", "+mknod", "+audit_write", "+setfcap", "+sys_admin"],
].join(",");

/**
 * Starts a command with its own mount, process, IPC and host name namespaces, as an ordinary user with a user namespace
 * too; the network stays the machine's. The first process in there is the command itself.
 */
export function spawnInNamespaces(host: SandboxHost, request: NamespaceRequest): NamespaceProcess {
  const options = ["--mount", "--pid", "--ipc", "--uts", "sh", "-c", enterAndWaitScript, "sandbox"];
  const limits = ["setpriv", "--pdeathsig", "KILL", `--bounding-set=${keptCapabilities}`, "--inh-caps=-all"];
  return spawnUnshared(host, [...options, ...limits, ...request.command], request);
}

/** Becomes root over the ids of this user and runs a tool on files: needed for what belongs to lent ids. As root: just runs it. */
export async function runOverLentIds(
  host: SandboxHost,
  command: readonly string[],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  if (host.isRoot) return capture(command);
  const entered = spawnUnshared(host, ["sh", "-c", enterScript, "sandbox", ...command], { env: {}, output: null });
  await enter(host, entered);
  const { code } = await entered.ended;
  return { code, stderr: await entered.complaints };
}

function spawnUnshared(
  host: SandboxHost,
  unshareArguments: readonly string[],
  request: Pick<NamespaceRequest, "env" | "output" | "streams">,
): NamespaceProcess {
  // Whoever waits for the command dies with this process, and the command with whoever waits for it.
  const userNamespace = host.isRoot ? [] : ["--user"];
  const unshare = ["setpriv", "--pdeathsig", "KILL", "unshare", ...userNamespace, ...unshareArguments];
  const { command, env, stdio, complaintsAt } = placeOf(request, unshare);
  const [program, ...args] = command;
  const child = spawn(program as string, args, {
    env: { ...toolEnvironment, ...request.env, ...env },
    cwd: "/",
    // Ctrl-C of the terminal must not reach the executor before the driver decides. Who reads from the terminal stays there.
    detached: !request.streams?.isTerminal,
    stdio,
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  ended.catch(() => {});
  const replies = child.stdio[4] as Writable;
  // A process that ends while it is written to is told by `ended`.
  replies.on("error", () => {});
  const complaints = readCapped((child.stdio as readonly unknown[])[complaintsAt] as Readable);
  complaints.catch(() => {});
  return {
    child,
    messages: splitLines(child.stdio[3] as unknown as Readable)[Symbol.asyncIterator](),
    go: () => replies.write("go\n"),
    complaints,
    ended,
  };
}

interface Place {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: StdioOptions;
  /** File descriptor of what the set-up complains about. */
  readonly complaintsAt: 2 | 5;
}

/** The process's streams: 3 and 4 to and from the driver, 5 for what has no place beside a streams. */
function placeOf({ output, streams }: Pick<NamespaceRequest, "output" | "streams">, unshare: readonly string[]): Place {
  const driver = ["pipe", "pipe"] as const;
  if (!streams) {
    return { command: unshare, env: {}, stdio: ["ignore", output ?? "ignore", "pipe", ...driver], complaintsAt: 2 };
  }
  if (!streams.isTerminal) {
    const stdio = [streams.input, streams.output, "pipe" as const, ...driver, streams.complaints];
    return { command: unshare, env: { [errorsVariable]: "5" }, stdio, complaintsAt: 2 };
  }
  // util-linux's `script` makes a terminal, passes on what is typed and its size, and ends as the command does.
  const line = `exec 2>&5 5>&-; exec ${unshare.map(quoteWord).join(" ")}`;
  const command = ["setpriv", "--pdeathsig", "KILL", "script", "--quiet", "--return", "--command", line, "/dev/null"];
  const stdio = [streams.input, streams.output, streams.complaints, ...driver, "pipe" as const];
  return { command, env: { SHELL: "/bin/sh" }, stdio, complaintsAt: 5 };
}

/** Waits until the process is in its namespaces, maps the ids and lets it go on. @throws LabError `sandbox-unavailable` */
export async function enter(host: SandboxHost, entered: NamespaceProcess): Promise<void> {
  const first = await entered.messages.next();
  if (first.done) {
    const message = (await entered.complaints).trim() || (await endOf(entered));
    throw unavailable(`cannot make namespaces: ${message}`, await namespaceHint(host.isRoot));
  }
  if (!host.isRoot) {
    await mapIds("newuidmap", entered, host.uidMap);
    await mapIds("newgidmap", entered, host.gidMap);
  }
  entered.go();
}

async function mapIds(tool: string, entered: NamespaceProcess, map: readonly string[]): Promise<void> {
  const { code, stderr } = await capture([tool, String(entered.child.pid), ...map]);
  if (code === 0) return;
  entered.child.kill("SIGKILL");
  const hint = `${tool} needs to be setuid root (or have the file capability); see also /etc/subuid and /etc/subgid`;
  throw unavailable(`${tool} cannot map the ids: ${stderr.trim()}`, hint);
}

async function endOf(entered: NamespaceProcess): Promise<string> {
  try {
    const { code, signal } = await entered.ended;
    return `unshare ended with ${signal ?? code}`;
  } catch (error) {
    throw new LabError("sandbox-unavailable", "cannot start setpriv", { cause: error });
  }
}
