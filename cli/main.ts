/** The program: runs one line, turns errors into a message and an exit status, and signals into stopping. */

import { LabError } from "../lib/error.ts";
import { createContext } from "./context.ts";
import { bugStatus, exitStatusOf, reportError } from "./display/report-error.ts";
import { flushLines } from "./display/stdout-lines.ts";
import { runLine } from "./run-line.ts";

/** Runs the program. @returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  listenToSignals(stop);
  try {
    return await runLine(argv.length === 0 ? ["tui"] : argv, {
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
