import { constants } from "node:os";
import type { ExecutorOutput } from "../port.ts";

type Exit = Extract<ExecutorOutput, { type: "exit" }>;

/** How an executor ended, as a shell counts it: 128 + n for signal n. A RUN that was killed gives the same code. */
export function exitOutput(code: number | null, signal: NodeJS.Signals | null): Exit {
  const shellCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  return { type: "exit", code: shellCode, reason: reasonOf(shellCode) };
}

function reasonOf(shellCode: number): string {
  if (shellCode === 128 + constants.signals.SIGKILL) return "killed, perhaps out of memory";
  if (shellCode === 128 + constants.signals.SIGSEGV) return "ended by SIGSEGV";
  return "";
}
