/** The program: runs one line, turns errors into a message and an exit status, and signals into stopping. */

import { LabError } from "../lib/error.ts";
import { createContext } from "./context.ts";
import { bugStatus, exitStatusOf, reportError } from "./display/report-error.ts";
import { flushLines } from "./display/stdout-lines.ts";
import { takeProxies } from "./proxies.ts";
import { runLine } from "./run-line.ts";

/** Asked by the scripts of shells, not by people. */
const completionWord = "__complete";

/** Runs the program. @returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === completionWord) {
    const { answerCompletion } = await import("./completion/answer.ts");
    await answerCompletion(argv.slice(argv[1] === "--" ? 2 : 1));
    return 0;
  }
  const stop = new AbortController();
  listenToSignals(stop);
  takeProxies();
  try {
    return await runLine(await withCommand(argv, stop.signal), {
      signal: stop.signal,
      columns: process.stdout.columns ?? 80,
      contextOf: options => createContext(options, stop.signal),
    });
  } catch (error) {
    flushLines();
    reportError(error, { json: argv.includes("--json"), debug: argv.includes("--debug") });
    return exitStatusOf(error);
  }
}

/** Options that all commands have, and nothing else: `kaniko-lab`, `kaniko-lab --json`. */
const sharedFlags = new Set(["--json", "--plain", "--no-color", "--color", "--quiet", "-q", "--debug"]);

async function withCommand(argv: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  if (argv[0] === "help") return [...argv.slice(1), "--help"];
  if (!argv.every(word => sharedFlags.has(word) || word.startsWith("--cache-dir="))) return argv;
  const { commandInstead } = await import("./without-command.ts");
  return [await commandInstead(argv, signal), ...argv];
}

/** The first signal asks the command to stop and clean up; a second one of Ctrl-C ends the program at once. */
function listenToSignals(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted && signal === "SIGINT") process.exit(130);
      stop.abort(new LabError("cancelled", `interrupted (${signal})`));
    });
  }
  process.on("unhandledRejection", error => {
    reportError(error, { json: false, debug: true });
    process.exit(bugStatus);
  });
}
