import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Whole processes, from start to exit, with what they wrote thrown away. */

export interface Command {
  readonly argv: readonly string[];
  /** Not counted. */
  readonly before?: (() => void) | undefined;
}

export interface Measured {
  /** Median. */
  readonly seconds: number;
  /** The largest of all runs; null without GNU time. */
  readonly peakMb: number | null;
}

const gnuTime = "/usr/bin/time";

/** Runs the commands in turn, so that what else the machine does falls on all of them. */
export function measureInTurn(commands: readonly Command[], rounds: number): Measured[] {
  const runs = commands.map((): { seconds: number; peakMb: number | null }[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, command] of commands.entries()) runs[i]?.push(runOnce(command));
  }
  return runs.map(of => ({
    seconds: median(of.map(run => run.seconds)),
    peakMb: of[0]?.peakMb === null ? null : Math.max(...of.map(run => run.peakMb ?? 0)),
  }));
}

function runOnce({ argv, before }: Command): { seconds: number; peakMb: number | null } {
  before?.();
  const folder = mkdtempSync(path.join(tmpdir(), "klab-time-"));
  const report = path.join(folder, "time");
  const timed = existsSync(gnuTime) ? [gnuTime, "-f", "%M", "-o", report, ...argv] : argv;
  try {
    const start = performance.now();
    const { status, error } = spawnSync(timed[0] as string, timed.slice(1), { stdio: "ignore" });
    const seconds = (performance.now() - start) / 1000;
    // 1 is an answer, too: nothing was found.
    if (error || status === null || status > 1) throw error ?? new Error(`${argv.join(" ")} ended with ${status}`);
    if (timed === argv) return { seconds, peakMb: null };
    return { seconds, peakMb: Number(readFileSync(report, "utf8").trim().split("\n").at(-1)) / 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Whether a program of this name is on the path. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? "").split(path.delimiter).some(folder => existsSync(path.join(folder, program)));
}
