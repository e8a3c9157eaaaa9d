import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { identityOf } from "../store/process-identity.ts";
import { minikubeFailed } from "./minikube-cluster.ts";
import type { StartMount } from "./minikube-mounts.ts";
import { plainLanguage } from "./run-program.ts";

const readyWithinMs = 60_000;
const readyWords = /Successfully mounted/i;

/** The process is the leader of a group of its own and says in the log file when the node has the folder. */
export const startMount: StartMount = async ([program, ...args], logFile, signal) => {
  const log = openSync(logFile, "w", 0o600);
  const child = spawn(program as string, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: plainLanguage(),
  });
  closeSync(log);
  let end: string | null = null;
  child.once("error", error => {
    end = error.message;
  });
  child.once("exit", code => {
    end ??= `it ended with ${code}`;
  });
  child.unref();
  const giveUpAt = Date.now() + readyWithinMs;
  try {
    for (;;) {
      const said = readFileSync(logFile, "utf8");
      if (end !== null) throw minikubeFailed("mount a folder", said.trim() || end);
      if (readyWords.test(said)) return identityOf(child.pid as number);
      if (Date.now() > giveUpAt) throw minikubeFailed("mount a folder", `${said.trim()}\nit is not ready in time`);
      await pause(200, undefined, { signal });
    }
  } catch (error) {
    if (end === null) process.kill(-(child.pid as number), "SIGTERM");
    signal.throwIfAborted();
    throw error;
  }
};
