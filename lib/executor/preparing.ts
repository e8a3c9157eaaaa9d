import type { ExecutorOutput } from "./port.ts";

export type Preparing = Extract<ExecutorOutput, { type: "preparing" }>;

/** Tells what is being prepared; sizes in bytes, null when unknown. */
export type ReportPreparing = (what: string, doneBytes?: number | null, totalBytes?: number | null) => void;

/**
 * Runs `task` and yields what it reports while it runs; its result is the generator's. Only the latest report is kept: a
 * slow consumer misses steps in between, never the end. A consumer that leaves early makes it abort `ending` and wait until
 * the task has cleaned up.
 */
export async function* whilePreparing<T>(
  ending: AbortController,
  task: (report: ReportPreparing) => Promise<T>,
): AsyncGenerator<Preparing, T, void> {
  const reports = new LatestReport();
  const running = task((what, doneBytes = null, totalBytes = null) => {
    reports.put({ type: "preparing", what, doneBytes, totalBytes });
  });
  let ended = false;
  const end = () => {
    ended = true;
    reports.wake();
  };
  running.then(end, end);
  try {
    for (;;) {
      const report = reports.take();
      if (report) yield report;
      else if (ended) return await running;
      else await reports.change();
    }
  } finally {
    if (!ended) {
      ending.abort();
      await running.catch(() => {});
    }
  }
}

class LatestReport {
  #latest: Preparing | null = null;
  #wake = () => {};

  put(report: Preparing): void {
    this.#latest = report;
    this.#wake();
  }

  take(): Preparing | null {
    const report = this.#latest;
    this.#latest = null;
    return report;
  }

  wake(): void {
    this.#wake();
  }

  change(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
}
