import { constants } from "node:os";
import type { ExecutorOutput } from "../port.ts";

type Exit = Extract<ExecutorOutput, { type: "exit" }>;

/** How a process ended, as a shell counts it: 128 + n for signal n. */
export function exitOutput(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal === null) return { type: "exit", code: code ?? 1, reason: "" };
  const reason = signal === "SIGKILL" ? "killed, perhaps out of memory" : `ended by ${signal}`;
  return { type: "exit", code: 128 + constants.signals[signal], reason };
}
