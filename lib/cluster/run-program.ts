import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { messageOf } from "../error.ts";

/** Runs a program of this machine to its end: the port to kind and minikube. Rejects with the signal's reason when it fires. */
export type RunProgram = (command: readonly string[], options: ProgramOptions) => Promise<ProgramEnd>;

export interface ProgramOptions {
  readonly signal: AbortSignal;
  readonly input?: string;
  /** Each line of its standard error, where such programs tell their progress. */
  readonly onLine?: (line: string) => void;
}

export interface ProgramEnd {
  /** -1 when it could not be started. */
  readonly code: number;
  readonly stdout: string;
  /** The last lines of its standard error. */
  readonly complaint: string;
}

/** minikube speaks the user's language; what it says is read here, and quoted among our own words. */
export function plainLanguage(): NodeJS.ProcessEnv {
  return { ...process.env, LANGUAGE: "", LC_ALL: "C.UTF-8" };
}

const keptLines = 30;
const keptOutput = 1 << 20;
/** How long a program that was asked to end may take to clean up. */
const graceMs = 10_000;

export const runProgram: RunProgram = async ([program, ...args], { signal, input, onLine }) => {
  signal.throwIfAborted();
  // Ctrl-C of the terminal must not reach it before it is asked to end.
  const child = spawn(program as string, args, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: plainLanguage(),
  });
  const lines: string[] = [];
  const output: string[] = [];
  const ended = new Promise<number>(resolve => {
    child.once("error", error => {
      lines.push(messageOf(error));
      resolve(-1);
    });
    child.once("close", code => resolve(code ?? -1));
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  const reading = Promise.all([
    eachLine(child.stderr, line => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine?.(line);
    }),
    eachLine(child.stdout, line => {
      if (output.length < keptOutput / 100) output.push(line);
    }),
  ]);
  const code = await ended;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  await reading;
  return { code, stdout: output.join("\n"), complaint: lines.join("\n").trim() };
};

async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  // Spinners write over their line.
  for await (const line of createInterface({ input: stream })) {
    const text = line.split("\r").findLast(piece => piece.trim() !== "");
    if (text !== undefined) take(text);
  }
}
